// What is trained beside an adapter's factors in the place of the base's own: whole modules, biases, rows of single tokens. Which of a
// model's parameters that means, PEFT's words say.

internal import JSON
import Models
public import Tensors
public import Vocabulary
import WeightFiles

/// What a configuration asks to be trained beside the factors.
public struct TrainedBeside: Sendable, Equatable {
    /// Rows of a table.
    public struct Tokens: Sendable, Equatable {
        /// The end of the module's path, `lm_head`; nil: the embedding.
        public var module: String?
        public var ids: [Int32]

        public init(module: String? = nil, ids: [Int32]) { (self.module, self.ids) = (module, ids) }
    }

    /// Ends of the paths of modules that are trained whole: PEFT's `modules_to_save`.
    public var modules: [String] = []
    /// PEFT's `bias`.
    public var biases = TrainedBiases.none
    /// PEFT's `trainable_token_indices`.
    public var tokens: [Tokens] = []
    /// Tokens before each text; then nothing else is trained.
    public var prompt: PromptTuning?

    public init() {}

    public var isEmpty: Bool { self == TrainedBeside() }
}

/// A parameter that is trained beside the factors.
struct BesidePart {
    let parameter: BaseParameter
    /// What PEFT calls it.
    let name: String
    /// The tokens whose rows alone are trained; nil: all of it.
    var tokens: [Int32]?
    /// Whether the rows are those of the head, too.
    var isTied = false

    var rows: Int { tokens?.count ?? parameter.rows }

    /// Its shape in files.
    var shape: Shape {
        if parameter.isVector { return [parameter.columns] }
        return parameter.isTransposed ? [parameter.columns, rows] : [rows, parameter.columns]
    }

    /// The numbers as files have them.
    func stored(_ numbers: [Float]) -> [Float] {
        parameter.isTransposed ? Self.transposed(numbers, rows: rows, columns: parameter.columns) : numbers
    }

    static func transposed(_ numbers: [Float], rows: Int, columns: Int) -> [Float] {
        (0..<columns).flatMap { column in (0..<rows).map { numbers[$0 * columns + column] } }
    }

    /// What PEFT calls rows that are trained alone.
    static let rowsName = "token_adapter.trainable_tokens_delta"
}

extension TrainedBeside {
    /// Whether the module `path` is trained whole: PEFT compares ends of paths, of the module or of one that it is in.
    func isWhole(_ path: String) -> Bool {
        guard !modules.isEmpty else { return false }
        let parts = path.split(separator: ".")
        for count in 1...parts.count {
            // Lists of modules are none.
            guard count == parts.count || Int(parts[count]) == nil else { continue }
            let module = parts[..<count].joined(separator: ".")
            if modules.contains(where: { module.hasSuffix($0) }) { return true }
        }
        return false
    }

    /// The parameters that are meant, in the model's order.
    ///
    /// - Parameters:
    ///   - adapted: paths of the layers that carry an adapter.
    /// - Throws: all at once, for what means nothing, and for what cannot be trained.
    func parts(of parameters: [BaseParameter], adapted: Set<String>) throws(AdapterError) -> [BesidePart] {
        guard !isEmpty else { return [] }
        guard !parameters.isEmpty else {
            throw AdapterError(
                "cannot be trained here: the model has an encoder beside its decoder, or nothing is known of it but its layers",
                subject: key)
        }
        if let prompt {
            guard let embedding = parameters.first(where: \.isEmbedding) else {
                throw AdapterError("stands before no text of this model", subject: key)
            }
            let own = prompt.isPrefix ? embedding.ofPrefix(prompt.count) : embedding.ofVirtualTokens(prompt.count)
            guard let own else {
                throw AdapterError(
                    "is for models whose layers have keys and values of one size, as a prefix of PEFT's has",
                    subject: key)
            }
            return [BesidePart(parameter: own, name: PromptTuning.tensorName)]
        }
        var problems: [AdapterError.Problem] = []
        var parts: [BesidePart] = []
        for parameter in parameters {
            let isAdapted = adapted.contains(parameter.module)
            let isChosen =
                isWhole(parameter.module)
                || (parameter.name == "bias"
                    && (biases == .all || biases == .loraOnly && isAdapted && parameter.isBiasOfLayer))
            guard isChosen else { continue }
            guard parameter.isTrainable else {
                problems.append(
                    .init(
                        "is a parameter to which no gradient goes here, so it cannot be trained",
                        subject: parameter.path))
                continue
            }
            parts.append(
                BesidePart(
                    parameter: parameter,
                    name: isAdapted ? "\(parameter.module).base_layer.\(parameter.name)" : parameter.path))
        }
        problems += unmatched(parameters)
        if biases != .none, !parts.contains(where: { $0.parameter.name == "bias" }) {
            problems.append(.init("is \(biases.rawValue), and there is no such bias", subject: "bias"))
        }
        parts += try rowParts(parameters, &problems)
        guard problems.isEmpty else { throw AdapterError(problems: problems) }
        return parts
    }

    /// The first of PEFT's keys by which something is asked for.
    var key: String {
        if prompt != nil { return "num_virtual_tokens" }
        return !modules.isEmpty ? "modules_to_save" : biases != .none ? "bias" : "trainable_token_indices"
    }

    private func unmatched(_ parameters: [BaseParameter]) -> [AdapterError.Problem] {
        var known: [String] = []
        for parameter in parameters where parameter.isTrainable {
            let name = parameter.module.split(separator: ".").last.map(String.init) ?? parameter.module
            if !known.contains(name) { known.append(name) }
        }
        return modules.filter { name in
            var one = TrainedBeside()
            one.modules = [name]
            return !parameters.contains { one.isWhole($0.module) }
        }.map {
            .init(
                "matches no module of the model", subject: "modules_to_save.\($0)",
                nearest: closestName(to: $0, among: known))
        }
    }

    /// Rows that are trained alone. Where the head is the embedding, both have the same: but where each is given others.
    private func rowParts(
        _ parameters: [BaseParameter], _ problems: inout [AdapterError.Problem]
    ) throws(AdapterError) -> [BesidePart] {
        var parts: [BesidePart] = []
        for wanted in tokens {
            let found = parameters.first { parameter in
                guard parameter.isEmbedding || parameter.isHead else { return false }
                return wanted.module.map { parameter.module.hasSuffix($0) } ?? parameter.isEmbedding
            }
            let subject = "trainable_token_indices" + (wanted.module.map { ".\($0)" } ?? "")
            guard let parameter = found else {
                problems.append(.init("is neither the embedding nor the head of the model", subject: subject))
                continue
            }
            if isWhole(parameter.module) {
                problems.append(
                    .init("is trained whole by modules_to_save: name it there or here, but not both", subject: subject))
            }
            if !parameter.isTrainable || parts.contains(where: { $0.parameter == parameter }) {
                problems.append(.init("cannot be trained, or stands there twice", subject: subject))
                continue
            }
            if Set(wanted.ids).count != wanted.ids.count || wanted.ids.isEmpty {
                problems.append(.init("names a token twice, or none", subject: subject))
                continue
            }
            if let id = wanted.ids.first(where: { !(0..<parameter.rows).contains(Int($0)) }) {
                problems.append(
                    .init(
                        "is no token of the model", subject: subject, expected: "0 to \(parameter.rows - 1)",
                        found: "\(id)"))
                continue
            }
            parts.append(
                BesidePart(
                    parameter: parameter, name: "\(parameter.module).\(BesidePart.rowsName)", tokens: wanted.ids))
        }
        guard problems.isEmpty, let tied = parameters.first(where: \.isTiedHead),
            let own = parts.firstIndex(where: { $0.parameter.isEmbedding })
        else { return parts }
        let ofHead = parts.firstIndex { $0.parameter == tied }
        guard let ofHead else {
            parts[own].isTied = true
            if isWhole(tied.module) {
                throw AdapterError(
                    "is trained whole by modules_to_save, and is the embedding of which single rows are trained",
                    subject: tied.module)
            }
            return parts
        }
        if parts[ofHead].tokens == parts[own].tokens {
            parts[own].isTied = true
            parts.remove(at: ofHead)
        }
        return parts
    }
}

extension TrainedBeside {
    /// The tokens as PEFT's configuration has them.
    var tokensJSON: JSONValue {
        func list(_ ids: [Int32]) -> JSONValue { .array(ids.map { .integer(Int($0)) }) }
        if tokens.count == 1, tokens[0].module == nil { return list(tokens[0].ids) }
        return .object(JSONObject(tokens.map { ($0.module ?? "embed_tokens", list($0.ids)) }))
    }
}

/// What an adapter trained in the place of the base's own, for who writes models.
public struct TrainedNumbers {
    /// The module, and the tensor's whole name.
    public let module: String
    public let path: String
    /// `[rows, columns]`, or `[columns]` of a vector; of a table all of its rows.
    public let shape: Shape
    public let columns: Int
    /// The tokens whose rows are the numbers; nil where they are all of the tensor.
    public let tokens: [Int32]?
    public let numbers: [Float]
}

extension AdapterSet {
    /// What is trained of the base beside the factors, as it is now.
    public var trainedBeside: [TrainedNumbers] {
        zip(besideParts, besideSlots).map { part, slot in
            let parameter = part.parameter
            return TrainedNumbers(
                module: parameter.module, path: parameter.path,
                shape: parameter.isVector ? [parameter.columns] : [parameter.rows, parameter.columns],
                columns: parameter.columns, tokens: part.tokens, numbers: Array(slab.values(slot).floats))
        }
    }

    /// Whether anything of the base is trained beside the factors.
    public var trainsBeside: Bool { !besideParts.isEmpty }

    /// Whether a head that is the embedding is no longer, since one of both was trained without the other.
    public var untiesHead: Bool {
        besideParts.contains { ($0.parameter.isEmbedding || $0.parameter.isHead) && !$0.isTied }
    }
}
