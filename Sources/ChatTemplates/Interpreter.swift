// Runs a template's statements. Expressions are in `Evaluator.swift`, calls in `Calls.swift`.

internal import Foundation

final class Interpreter {
    /// Text goes here; blocks whose text is a value (macros, block sets) put a new buffer in place for a while.
    private(set) var output = ""
    /// Where `{% generation %}` blocks lie in the text, in UTF-8 bytes.
    private(set) var generationSpans: [Range<Int>] = []
    /// Bytes of finished text below the buffer in place; only what is written straight into it can be located.
    private var bufferDepth = 0
    private var mainByteCount = 0

    let now: TemplateClock?
    private var steps = 0
    private var bytes = 0
    /// Steps after which the clock is looked at.
    private var nextLook = 0
    private let start = Interpreter.threadSeconds
    private var depth = 0
    // A namespace can hold itself and a macro its own scope: both are listed here and emptied at the end, or they would
    // never be freed, and long chains of them would be freed by deep recursion.
    private var namespaces: [Namespace] = []
    private var macros: [Macro] = []

    init(now: TemplateClock?) { self.now = now }

    deinit {
        for namespace in namespaces { namespace.attributes = Mapping() }
        for macro in macros {
            macro.scope?.clear()
            macro.scope = nil
        }
    }

    /// Runs a whole template over `context`.
    func render(_ body: [Statement], context: Scope) throws(TemplateError) {
        _ = try run(body, in: context)
        context.clear()
    }

    // MARK: Limits

    /// Counts `cost` steps of work.
    func charge(_ cost: Int = 1) throws(TemplateError) {
        steps += cost
        guard steps <= Limits.steps else { throw .limit("the template takes more than \(Limits.steps) steps") }
        guard steps >= nextLook else { return }
        nextLook = steps + 256
        guard Self.threadSeconds - start <= Limits.seconds else {
            throw .limit("the template computes for more than \(Limits.seconds) seconds")
        }
    }

    /// Seconds of this thread's own work: another program on the machine does not make a template slow.
    private static var threadSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Counts the work of walking `value` once.
    func charge(for value: Value) throws(TemplateError) { try charge(value.extent.weight / 8) }

    /// Counts a value that was built.
    func charge(made value: Value) throws(TemplateError) {
        switch value {
        case .string(let text): try charge(text: text)
        case .sequence(let list): try charge(bytes: list.elements.count * Limits.elementBytes)
        case .generator(let generator): try charge(bytes: generator.count * Limits.elementBytes)
        case .mapping(let mapping): try charge(bytes: mapping.count * 4 * Limits.elementBytes)
        default: break
        }
    }

    /// Counts a text that was built.
    func charge(text: String) throws(TemplateError) {
        let count = text.utf8.count
        guard count <= Limits.stringBytes else { throw .limit("a text of more than \(Limits.stringBytes) bytes") }
        try charge(bytes: count)
    }

    private func charge(bytes count: Int) throws(TemplateError) {
        bytes += count
        guard bytes <= Limits.totalBytes else {
            throw .limit("texts and lists of more than \(Limits.totalBytes) bytes together")
        }
        try charge(count / 1024)
    }

    /// Runs `body` one level deeper.
    func nested<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Limits.evaluationDepth else {
            throw .limit("evaluation nested deeper than \(Limits.evaluationDepth) levels")
        }
        return try body()
    }

    func newNamespace() throws(TemplateError) -> Namespace {
        try charge()
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    func newMacro(_ definition: MacroDefinition, in scope: Scope) throws(TemplateError) -> Value {
        try charge()
        let macro = Macro(definition, scope: scope)
        macros.append(macro)
        return .macro(macro)
    }

    // MARK: Output

    private func write(_ text: String) throws(TemplateError) {
        try charge(text: text)
        output += text
        guard output.utf8.count <= Limits.stringBytes else {
            throw .limit("a text of more than \(Limits.stringBytes) bytes")
        }
    }

    /// Runs `body` and gives its text instead of writing it.
    func captured(_ body: () throws(TemplateError) -> Void) throws(TemplateError) -> String {
        let outer = output
        if bufferDepth == 0 { mainByteCount = outer.utf8.count }
        output = ""
        bufferDepth += 1
        defer {
            output = outer
            bufferDepth -= 1
        }
        try body()
        return output
    }
}

// MARK: Statements

extension Interpreter {
    /// How a body ended.
    enum Outcome { case done, breakLoop, continueLoop }

    func run(_ body: [Statement], in scope: Scope) throws(TemplateError) -> Outcome {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Limits.evaluationDepth else {
            throw .limit("evaluation nested deeper than \(Limits.evaluationDepth) levels")
        }
        for statement in body {
            do {
                let outcome = try run(statement, in: scope)
                if outcome != .done { return outcome }
            } catch {
                throw error.placed(at: statement.position)
            }
        }
        return .done
    }

    private func run(_ statement: Statement, in scope: Scope) throws(TemplateError) -> Outcome {
        try charge()
        switch statement.kind {
        case .text(let text): try write(text)
        case .output(let expression):
            let value = try evaluate(expression, in: scope)
            try charge(for: value)
            try write(try value.text())
        case .branch(let branches, let otherwise):
            for branch in branches where try evaluate(branch.test, in: scope).isTrue {
                return try run(branch.body, in: scope)
            }
            return try run(otherwise, in: scope)
        case .loop(let loop):
            let elements = try evaluate(loop.iterable, in: scope)
            if case .string(let text) = elements { try charge(bytes: text.utf8.count * Limits.elementBytes) }
            try run(loop, over: elements, recursionDepth: 0, in: scope)
        case .set(let target, let expression): try assign(try evaluate(expression, in: scope), to: target, in: scope)
        case .setBlock(let target, let filter, let body):
            var value = Value.string(try text(of: body, in: Scope(parent: scope)))
            if let filter { value = try applyFilters(filter, to: value, in: scope) }
            try assign(value, to: target, in: scope)
        case .macro(let definition): scope.set(definition.name, to: try newMacro(definition, in: scope))
        case .callBlock(let definition, let callee, let arguments):
            let caller = try newMacro(definition, in: scope)
            var values = try evaluate(arguments, in: scope)
            values.named.append(("caller", caller))
            let result = try call(try evaluate(callee, in: scope), values)
            try write(try result.text())
        case .filterBlock(let filter, let body):
            let text = Value.string(try text(of: body, in: Scope(parent: scope)))
            try write(try applyFilters(filter, to: text, in: scope).text())
        case .with(let bindings, let body):
            let inner = Scope(parent: scope)
            for binding in bindings {
                try assign(try evaluate(binding.value, in: scope), to: binding.target, in: inner)
            }
            return try run(body, in: inner)
        case .scope(let body): return try run(body, in: Scope(parent: scope))
        case .generation(let body): try runGeneration(body, in: scope)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .done
    }

    func text(of body: [Statement], in scope: Scope) throws(TemplateError) -> String {
        try captured { () throws(TemplateError) in _ = try run(body, in: scope) }
    }

    private func runGeneration(_ body: [Statement], in scope: Scope) throws(TemplateError) {
        let text = try text(of: body, in: Scope(parent: scope))
        // Inside of a macro or a block set the text has no place yet: transformers counts from what is written so far.
        let start = bufferDepth == 0 ? output.utf8.count : mainByteCount
        generationSpans.append(start..<(start + text.utf8.count))
        try write(text)
    }

    /// Runs a loop over `iterable`; also called again by a recursive loop.
    func run(_ loop: Loop, over iterable: Value, recursionDepth: Int, in scope: Scope) throws(TemplateError) {
        var filter: LoopFilter?
        if let test = loop.filter {
            filter = LoopFilter(interpreter: self, test: test, target: loop.target, scope: scope)
        }
        let context = try LoopContext(
            try iterable.elements(), recursionDepth: recursionDepth,
            recursion: loop.isRecursive ? (loop, scope) : nil, filter: filter)
        var hasRun = false
        while let value = try context.advance() {
            try charge()
            hasRun = true
            let inner = Scope(parent: scope)
            inner.set("loop", to: .loop(context))
            try assign(value, to: loop.target, in: inner)
            if try run(loop.body, in: inner) == .breakLoop { break }
        }
        if !hasRun { _ = try run(loop.otherwise, in: Scope(parent: scope)) }
    }

    func assign(_ value: Value, to target: Target, in scope: Scope) throws(TemplateError) {
        switch target {
        case .name(let name): scope.set(name, to: value)
        case .attribute(let namespaceName, let name):
            guard case .namespace(let namespace)? = scope.value(of: Name(namespaceName)) else {
                throw .runtime("cannot assign attribute '\(name)' on '\(namespaceName)', which is not a namespace")
            }
            try Globals.checkNamespaceAttribute(name)
            try namespace.attributes.set(name: name, to: value)
        case .tuple(let targets):
            let elements = try value.elements()
            guard elements.count == targets.count else {
                throw .runtime("cannot unpack \(elements.count) values into \(targets.count) names")
            }
            for (target, element) in zip(targets, elements) { try assign(element, to: target, in: scope) }
        }
    }
}
