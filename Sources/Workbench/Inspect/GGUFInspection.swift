// What is in a GGUF file: tensors, types, metadata, tokenizer, and what Lathe can do with it.

internal import Files
internal import Foundation
internal import JSON
internal import Models
internal import Vocabulary
internal import WeightFiles

/// Facts about a GGUF file, or the folder of a split one: a model, whole or in parts, an adapter, an importance matrix, a vocabulary.
struct GGUFInspection {
    private let file: GGUFFile
    private let session: Session

    /// - Throws: `WeightError` for a file that is none.
    init(_ session: Session) throws {
        self.session = session
        let place = URL(fileURLWithPath: session.recipe.model.path)
        file = try GGUFFile(FileForm(at: place) == .folder ? GGUFFile.firstPart(in: place) ?? place : place)
    }

    private var path: String { session.recipe.model.path }
    private var kind: String { file.value("general.type")?.string ?? "model" }

    /// - Throws: where the system does not let the file be read.
    var json: JSONValue {
        get throws {
            var facts = try about
            facts.members += [
                ("format", "gguf"), ("version", .integer(file.version)), ("alignment", .integer(file.alignment)),
                ("architecture", file.architecture.map { .string($0) } ?? .null),
            ]
            let parts = file.partPaths
            if parts.count > 1 { facts["parts"] = .array(parts.map { .string($0) }) }
            facts.members += TypeTotals(file.tensors).members
            if let written = try WrittenFacts(path) { facts["written_by_lathe"] = written.json }
            facts["metadata"] = .object(JSONObject(file.metadata.map { ($0.key, Self.shown($0.value)) }))
            // Of a model, `tensors` is the number of its weights.
            let key = facts["tensors"] == nil ? "tensors" : "stored_tensors"
            facts[key] = .array(file.tensors.map(InspectStage.describe))
            return .object(facts)
        }
    }

    /// What the file is, by its kind.
    private var about: JSONObject {
        get throws {
            switch kind {
            case "adapter": adapter
            case "imatrix": try ImportanceInspection(path).facts
            default: try model
            }
        }
    }

    private var isModel: Bool { file.tensors.contains { $0.name == "token_embd.weight" } }

    private var model: JSONObject {
        get throws {
            guard isModel else {
                return JSONObject([("kind", "gguf"), ("path", .string(path)), ("can", unable("it holds no model"))])
            }
            do {
                let opened = try session.base()
                var facts = try InspectStage.facts(of: opened)
                facts["tokenizer"] = tokenizer(opened)
                facts["can"] = ModelAbilities(opened).json
                return facts
            } catch let error as any ClassifiedError where error.kind != .inputOutput {
                // A file that is not understood is worth looking at too.
                let failure = Failure(describing: error)
                return JSONObject([("kind", "gguf"), ("path", .string(path)), ("can", unable(failure.message))])
            }
        }
    }

    private func unable(_ reason: String) -> JSONValue {
        .object(JSONObject(ModelAbilities.names.map { ($0, .string("no: \(reason)")) }))
    }

    private func tokenizer(_ opened: OpenedModel) -> JSONValue {
        let tokenizer = opened.tokenizer
        func token(_ id: Int32?) -> JSONValue {
            id.map { .string("\($0) \(tokenizer.text(ofToken: $0) ?? "?")") } ?? .null
        }
        return [
            "model": file.value("tokenizer.ggml.model").map(Self.shown) ?? .null,
            "pre": file.value("tokenizer.ggml.pre").map(Self.shown) ?? .null,
            "tokens": .integer(tokenizer.vocabularySize), "begin": token(tokenizer.bosID),
            "end": token(tokenizer.eosID), "adds_begin": .bool(tokenizer.addsBOS),
            "ends_answers": .array(opened.stopIDs.sorted().map { token($0) }),
        ]
    }

    private var adapter: JSONObject {
        let factors = file.tensors.filter { $0.name.hasSuffix(".lora_a") }
        let ranks = Set(factors.compactMap(\.shape.sizes.first)).sorted()
        return JSONObject([
            ("kind", "adapter"), ("path", .string(path)), ("form", "gguf-lora"),
            ("method", file.value("adapter.type").map(Self.shown) ?? .null),
            ("ranks", .array(ranks.map { .integer($0) })),
            ("alpha", file.value("adapter.lora.alpha").map(Self.shown) ?? .null),
            ("modules", .integer(factors.count)),
            ("base", file.value("general.base_model.0.name").map(Self.shown) ?? .null),
        ])
    }

    // MARK: Metadata

    /// Elements of an array that are shown; longer ones are cut.
    private static let shownElements = 8
    private static let shownCharacters = 200

    private static func shown(_ value: GGUFValue) -> JSONValue {
        switch value {
        case .bool(let truth): .bool(truth)
        case .string: shown(value.string)
        case .float32(let number): .double(Double("\(number)") ?? Double(number))
        case .float64(let number): .double(number)
        case .uint64(let number): Int(exactly: number).map { .integer($0) } ?? .digits("\(number)")
        case .array(let array): shown(array)
        default: .integer(value.integer ?? 0)
        }
    }

    private static func shown(_ text: String?) -> JSONValue {
        guard let text else { return "bytes that are no text" }
        guard text.count > shownCharacters else { return .string(text) }
        return .string("\(text.prefix(shownCharacters))… (\(text.count) characters)")
    }

    /// A short array whole, a long one by its beginning and its count.
    private static func shown(_ array: GGUFArray) -> JSONValue {
        let elements: [JSONValue] =
            if let strings = array.strings?.prefix(shownElements) {
                strings.map { shown(String(validating: $0, as: UTF8.self)) }
            } else if array.elementType == .float32 || array.elementType == .float64 {
                (array.floats ?? []).prefix(shownElements).map { .double(Double("\($0)") ?? Double($0)) }
            } else {
                (array.integers ?? []).prefix(shownElements).map { .integer($0) }
            }
        guard array.count > shownElements else { return .array(elements) }
        return ["type": .string("\(array.elementType)"), "count": .integer(array.count), "first": .array(elements)]
    }
}

/// How many tensors, numbers and bytes a file holds of each type.
private struct TypeTotals {
    private struct Total {
        var tensors = 0, numbers = 0, bytes = 0

        mutating func add(_ tensor: StoredTensor) {
            tensors += 1
            numbers += tensor.shape.elementCount ?? 0
            bytes += tensor.byteRange.count
        }

        var members: [JSONObject.Member] {
            let bits = numbers > 0 ? 8 * Double(bytes) / Double(numbers) : 0
            return [
                ("tensors", .integer(tensors)), ("parameters", .integer(numbers)), ("bytes", .integer(bytes)),
                ("bits_per_weight", .double((1000 * bits).rounded() / 1000)),
            ]
        }
    }

    private var all = Total()
    private var byType: [String: Total] = [:]

    init(_ tensors: [StoredTensor]) {
        for tensor in tensors {
            all.add(tensor)
            byType[tensor.type.name, default: Total()].add(tensor)
        }
    }

    /// The sums, and those of each type, the one with most bytes first.
    var members: [JSONObject.Member] {
        let types = byType.sorted { ($1.value.bytes, $0.key) < ($0.value.bytes, $1.key) }
        let lines = types.map { JSONValue.object(JSONObject([("type", .string($0.key))] + $0.value.members)) }
        return [("weights", .object(JSONObject(all.members))), ("types", .array(lines))]
    }
}
