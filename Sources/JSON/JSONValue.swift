// A JSON document as a value. Objects keep the order of the file, so nothing written from one depends on hashing.

/// A JSON value (RFC 8259).
public enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// A number without fraction or exponent that fits 64 bits.
    case integer(Int)
    /// A number without fraction or exponent that 64 bits do not hold: its digits, as they are written.
    case digits(String)
    case double(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object, in the file's order, duplicates kept.
///
/// Keys are compared by their bytes: Swift's `==` on `String` would take "é" and "e◌́" for one key, and a vocabulary has both.
public struct JSONObject: Sendable, Equatable {
    public typealias Member = (key: String, value: JSONValue)

    public var members: [Member]

    public init(_ members: [Member] = []) { self.members = members }

    /// The value of the last member named `key`. Linear in the number of members.
    public subscript(key: String) -> JSONValue? {
        get { members.last { $0.key.utf8.elementsEqual(key.utf8) }?.value }
        set {
            let index = members.lastIndex { $0.key.utf8.elementsEqual(key.utf8) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((key, value))
            case (nil, nil): break
            }
        }
    }

    /// The first key that stands twice, if any.
    public var firstDuplicateKey: String? {
        // Rows have few members: comparing them all costs less than a set of them.
        if members.count <= 16 {
            for (index, member) in members.enumerated().dropFirst()
            where members[..<index].contains(where: { $0.key.utf8.elementsEqual(member.key.utf8) }) {
                return member.key
            }
            return nil
        }
        var seen = Set<[UInt8]>()
        return members.first { !seen.insert(Array($0.key.utf8)).inserted }?.key
    }

    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count
            && zip(left.members, right.members).allSatisfy {
                $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value
            }
    }
}

extension JSONValue {
    public subscript(key: String) -> JSONValue? { object?[key] }

    public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }
    public var array: [JSONValue]? { if case .array(let array) = self { array } else { nil } }
    public var string: String? { if case .string(let string) = self { string } else { nil } }
    public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    public var isNull: Bool { self == .null }

    /// An integer, also where the file writes one as `2.0`.
    public var integer: Int? {
        switch self {
        case .integer(let integer): integer
        case .double(let double): Int(exactly: double)
        default: nil
        }
    }

    public var double: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .digits(let digits): Double(digits)
        case .double(let double): double
        default: nil
        }
    }

    /// A whole number, by its digits where 64 signed bits do not hold it.
    public init(_ number: UInt64) { self = Int(exactly: number).map { .integer($0) } ?? .digits(String(number)) }

    /// The JSON type's name, for messages.
    public var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .integer, .digits, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(elements.map { (key: $0.0, value: $0.1) }))
    }
    public init(nilLiteral: ()) { self = .null }
}
