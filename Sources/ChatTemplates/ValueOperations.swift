// What Python's operators do to values: truth, equality, order, length, iteration, arithmetic.

extension Value {
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .integer(let value): value != 0
        case .digits: true
        case .double(let value): value != 0
        case .string(let value): !value.isEmpty
        case .sequence(let list): !list.elements.isEmpty
        case .mapping(let mapping): mapping.count > 0
        default: true
        }
    }

    /// The value as a whole number, `true` counting as 1.
    var asInteger: Int? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .integer(let value): value
        default: nil
        }
    }

    var asDouble: Double? {
        if case .double(let value) = self { return value }
        if case .digits(let value) = self { return Double(value) }
        return asInteger.map(Double.init)
    }

    static func == (left: Value, right: Value) -> Bool {
        if let a = left.asInteger, let b = right.asInteger { return a == b }
        if case .digits(let a) = left, case .digits(let b) = right { return a == b }
        if let a = left.asDouble, let b = right.asDouble { return a == b }
        switch (left, right) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.string(let a), .string(let b)): return a.equals(b)
        case (.sequence(let a), .sequence(let b)):
            guard a === b || a.typeForEquality == b.typeForEquality, a.elements.count == b.elements.count else {
                return false
            }
            return a === b || zip(a.elements, b.elements).allSatisfy { $0 == $1 }
        case (.mapping(let a), .mapping(let b)):
            guard a.count == b.count else { return false }
            return zip(a.keys, a.values).allSatisfy { key, value in
                guard let key = Mapping.Key(key), let other = b.value(for: key) else { return false }
                return value == other
            }
        case (.namespace(let a), .namespace(let b)): return a === b
        case (.generator(let a), .generator(let b)): return a === b
        case (.loop(let a), .loop(let b)): return a === b
        case (.macro(let a), .macro(let b)): return a === b
        case (.function(let a), .function(let b)): return a == b
        case (.method(let a), .method(let b)): return a.receiver == b.receiver && a.name.equals(b.name)
        default: return false
        }
    }

    static func != (left: Value, right: Value) -> Bool { !(left == right) }

    /// Whether `left` comes before `right`; `operation` names the operator in the error.
    static func isLess(_ left: Value, _ right: Value, _ operation: String = "<") throws(TemplateError) -> Bool {
        if let a = left.asInteger, let b = right.asInteger { return a < b }
        if let a = left.asDouble, let b = right.asDouble { return a < b }
        switch (left, right) {
        case (.string(let a), .string(let b)): return a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.sequence(let a), .sequence(let b)) where a.typeForEquality == b.typeForEquality && a.isOrdered:
            for (x, y) in zip(a.elements, b.elements) where x != y { return try isLess(x, y, operation) }
            return a.elements.count < b.elements.count
        case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw undefined.error
        default:
            throw .runtime("'\(operation)' is not defined between '\(left.typeName)' and '\(right.typeName)'")
        }
    }

    /// The number of elements, as `len` gives it; `nil` where Python has none.
    var count: Int? {
        switch self {
        case .undefined: 0
        case .string(let text): text.unicodeScalars.count
        case .sequence(let list): list.elements.count
        case .mapping(let mapping): mapping.count
        default: nil
        }
    }

    /// The elements that a loop over the value meets; `nil` where it cannot be looped over.
    var iterated: [Value]? {
        get throws(TemplateError) {
            switch self {
            case .undefined(let undefined):
                if undefined.isForbidden { throw undefined.error }
                return []
            case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
            case .sequence(let list): return list.elements
            case .mapping(let mapping): return mapping.keys
            case .generator(let generator): return generator.takeAll()
            default: return nil
            }
        }
    }

    func elements() throws(TemplateError) -> [Value] {
        guard let elements = try iterated else { throw .runtime("'\(typeName)' object is not iterable") }
        return elements
    }

    /// `element in self`.
    func contains(_ element: Value) throws(TemplateError) -> Bool {
        switch self {
        case .string(let text):
            if case .string(let part) = element { return PythonText.contains(part, in: text) }
            if case .undefined(let undefined) = element { throw undefined.error }
            throw .runtime("'in <string>' requires string as left operand, not \(element.typeName)")
        case .mapping(let mapping):
            guard let key = Mapping.Key(element) else {
                if case .undefined = element { return false }
                throw .runtime("unhashable type: '\(element.typeName)'")
            }
            return mapping.value(for: key) != nil
        default: return try elements().contains { $0 == element }
        }
    }
}

extension ValueList {
    /// Values of different types are never equal; tuples and groups are one type.
    fileprivate var typeForEquality: Int {
        switch kind {
        case .list: 0
        case .tuple, .group: 1
        case .range: 2
        case .keys: 3
        case .items: 4
        case .values: 5
        }
    }

    fileprivate var isOrdered: Bool { kind == .list || isTuple }
}

// MARK: Arithmetic

extension Value {
    static func arithmetic(_ operation: Arithmetic, _ left: Value, _ right: Value) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = left { throw undefined.error }
        if let a = left.asInteger, let b = right.asInteger { return try integers(operation, a, b) }
        for value in [left, right] {
            guard case .digits(let digits) = value else { continue }
            throw .runtime("\(digits) is beyond 64 bits: nothing computes with it")
        }
        if let a = left.asDouble, let b = right.asDouble { return try doubles(operation, a, b) }
        switch (operation, left, right) {
        case (.add, .string(let a), .string(let b)): return .string(a + b)
        case (.add, .sequence(let a), .sequence(let b)) where a.kind == b.kind && (a.kind == .list || a.kind == .tuple):
            return .sequence(try ValueList(a.elements + b.elements, a.kind))
        case (.multiply, _, _):
            if let count = right.asInteger, let result = try repeated(left, count) { return result }
            if let count = left.asInteger, let result = try repeated(right, count) { return result }
        case (.modulo, .string(let format), _): return .string(try PercentFormat.format(format, right))
        default: break
        }
        if case .undefined(let undefined) = right { throw undefined.error }
        throw .runtime(
            "unsupported operand types for \(operation.rawValue): '\(left.typeName)' and '\(right.typeName)'")
    }

    private static func repeated(_ value: Value, _ count: Int) throws(TemplateError) -> Value? {
        let count = max(0, count)
        switch value {
        case .string(let text):
            let (bytes, overflow) = text.utf8.count.multipliedReportingOverflow(by: count)
            guard !overflow, bytes <= Limits.stringBytes else {
                throw .limit("a string of more than \(Limits.stringBytes) bytes")
            }
            return .string(bytes == 0 ? "" : String(repeating: text, count: count))
        case .sequence(let list) where list.kind == .list || list.kind == .tuple:
            let (total, overflow) = list.elements.count.multipliedReportingOverflow(by: count)
            guard !overflow, total <= Limits.elements else {
                throw .limit("a list of more than \(Limits.elements) elements")
            }
            var elements: [Value] = []
            if total > 0 { for _ in 0..<count { elements += list.elements } }
            return .sequence(try ValueList(elements, list.kind))
        default: return nil
        }
    }

    private static func integers(_ operation: Arithmetic, _ a: Int, _ b: Int) throws(TemplateError) -> Value {
        let result: (partialValue: Int, overflow: Bool)
        switch operation {
        case .add: result = a.addingReportingOverflow(b)
        case .subtract: result = a.subtractingReportingOverflow(b)
        case .multiply: result = a.multipliedReportingOverflow(by: b)
        case .divide:
            guard b != 0 else { throw .runtime("division by zero") }
            return .double(Double(a) / Double(b))
        case .floorDivide, .modulo:
            guard b != 0 else { throw .runtime("integer division or modulo by zero") }
            let divided = a.dividedReportingOverflow(by: b)
            guard !divided.overflow else { throw .runtime("the result is beyond 64 bits") }
            let rest = a % b
            let isRounded = rest != 0 && (rest < 0) != (b < 0)
            if operation == .modulo { return .integer(isRounded ? rest + b : rest) }
            return .integer(isRounded ? divided.partialValue - 1 : divided.partialValue)
        case .power: return try power(a, b)
        }
        guard !result.overflow else { throw .runtime("the result is beyond 64 bits") }
        return .integer(result.partialValue)
    }

    private static func power(_ base: Int, _ exponent: Int) throws(TemplateError) -> Value {
        if exponent < 0 {
            guard base != 0 else { throw .runtime("0 cannot be raised to a negative power") }
            return .double(1 / (try power(base, -exponent).asDouble ?? 1))
        }
        switch base {
        case 0: return .integer(exponent == 0 ? 1 : 0)
        case 1: return .integer(1)
        case -1: return .integer(exponent % 2 == 0 ? 1 : -1)
        default: break
        }
        guard exponent < 64 else { throw .runtime("the result is beyond 64 bits") }
        var result = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            guard !overflow else { throw .runtime("the result is beyond 64 bits") }
            result = product
        }
        return .integer(result)
    }

    private static func doubles(_ operation: Arithmetic, _ a: Double, _ b: Double) throws(TemplateError) -> Value {
        switch operation {
        case .add: return .double(a + b)
        case .subtract: return .double(a - b)
        case .multiply: return .double(a * b)
        case .divide:
            guard b != 0 else { throw .runtime("float division by zero") }
            return .double(a / b)
        case .floorDivide, .modulo:
            guard b != 0 else { throw .runtime("float floor division or modulo by zero") }
            var rest = a.truncatingRemainder(dividingBy: b)
            var quotient = (a - rest) / b
            if rest != 0, (b < 0) != (rest < 0) {
                rest += b
                quotient -= 1
            }
            if operation == .modulo { return .double(rest) }
            let floored = quotient.rounded(.down)
            return .double(quotient - floored > 0.5 ? floored + 1 : floored)
        case .power:
            guard let exponent = Int(exactly: b), exponent.magnitude <= 1024 else {
                if b == 0.5, a >= 0 { return .double(a.squareRoot()) }
                throw .runtime("fractional powers are not supported")
            }
            var result = 1.0
            for _ in 0..<exponent.magnitude { result *= a }
            return .double(exponent < 0 ? 1 / result : result)
        }
    }
}
