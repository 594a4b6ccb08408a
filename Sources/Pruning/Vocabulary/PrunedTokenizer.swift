// A tokenizer without tokens: its files, those that stay renumbered.

internal import JSON
internal import Models
internal import Tokenizers

/// What becomes of the files of a tokenizer.
struct PrunedTokenizer {
    private let numbers: TokenNumbers

    init(_ numbers: TokenNumbers) { self.numbers = numbers }

    /// A file of a model's folder; nil for one that lists tokens a second time, in a form that other files stand for.
    func file(_ name: String, _ bytes: [UInt8]) throws -> [UInt8]? {
        let change: (JSONValue) -> JSONValue
        switch name {
        case "vocab.json", "merges.txt", "tokenizer.model": return nil
        case "tokenizer.json": change = tokenizer
        case "tokenizer_config.json": change = settings
        case "added_tokens.json": change = added
        case "generation_config.json": change = generation
        default: return bytes
        }
        let json: JSONValue
        do { json = try JSONValue(parsing: String(decoding: bytes, as: UTF8.self)) } catch {
            throw PruningError(name, "is not JSON: \(error)")
        }
        return Array((change(json).text(.pretty) + "\n").utf8)
    }

    /// What a tokenizer is made from.
    func source(_ source: TokenizerSource) -> TokenizerSource {
        switch source {
        case .json(let json, var companions):
            companions.config = companions.config.map(settings)
            companions.addedTokens = companions.addedTokens.map(added)
            return .json(tokenizer(json), companions)
        case .vocabulary(let vocabulary): return .vocabulary(self.vocabulary(vocabulary))
        }
    }

    // MARK: Files of a folder

    private func tokenizer(_ json: JSONValue) -> JSONValue {
        guard var object = json.object, var model = object["model"]?.object else { return json }
        if let list = model["vocab"]?.array {
            model["vocab"] = .array(numbers.kept.filter { $0 < list.count }.map { list[$0] })
            model["unk_id"] = model["unk_id"].flatMap(numbers.renumbered) ?? .null
        } else {
            let members: [JSONObject.Member] = (model["vocab"]?.object?.members ?? []).compactMap { text, id in
                id.integer.flatMap { numbers[$0] }.map { (text, .integer($0)) }
            }
            model["vocab"] = .object(JSONObject(members))
            let texts = Set(members.map { Array($0.key.utf8) })
            model["merges"] = .array(
                (model["merges"]?.array ?? []).filter { value in
                    guard let merge = TokenInventory.merge(value) else { return false }
                    let (left, right) = (Array(merge.0.utf8), Array(merge.1.utf8))
                    return [left, right, left + right].allSatisfy { texts.contains($0) }
                })
        }
        object["model"] = .object(model)
        object["added_tokens"] = .array(
            (object["added_tokens"]?.array ?? []).compactMap { token in
                guard var token = token.object, let id = token["id"]?.integer.flatMap({ numbers[$0] }) else {
                    return nil
                }
                token["id"] = .integer(id)
                return .object(token)
            })
        object["post_processor"] = object["post_processor"].map { PostProcessorTokens.map($0) { numbers[$0] } }
        if var padding = object["padding"]?.object {
            padding["pad_id"] = padding["pad_id"].flatMap(numbers.renumbered) ?? .integer(0)
            object["padding"] = .object(padding)
        }
        return .object(object)
    }

    private func settings(_ json: JSONValue) -> JSONValue {
        guard var object = json.object, let added = object["added_tokens_decoder"]?.object else { return json }
        object["added_tokens_decoder"] = .object(
            JSONObject(
                added.members.compactMap { id, token in Int(id).flatMap { numbers[$0] }.map { ("\($0)", token) } }))
        return .object(object)
    }

    private func added(_ json: JSONValue) -> JSONValue {
        guard let object = json.object else { return json }
        return .object(
            JSONObject(
                object.members.compactMap { text, id in
                    id.integer.flatMap { numbers[$0] }.map { (text, .integer($0)) }
                }))
    }

    func generation(_ json: JSONValue) -> JSONValue {
        guard var object = json.object else { return json }
        numbers.renumberMembers(of: &object)
        return .object(object)
    }

    // MARK: GGUF

    private func vocabulary(_ whole: GGUFVocabulary) -> GGUFVocabulary {
        var left = whole
        let kept = numbers.kept.filter { $0 < whole.tokens.count }
        left.tokens = kept.map { whole.tokens[$0] }
        left.scores = whole.scores.map { scores in kept.map { scores[$0] } }
        left.tokenTypes = whole.tokenTypes.map { types in kept.map { types[$0] } }
        let texts = Set(left.tokens)
        left.merges = whole.merges?.filter { bytes in
            guard let (a, b) = TokenInventory.merge(bytes) else { return false }
            return [a, b, a + b].allSatisfy { texts.contains($0) }
        }
        for key in Self.named {
            left[keyPath: key] = whole[keyPath: key].flatMap { numbers[Int($0)] }.map { Int32($0) }
        }
        return left
    }

    private static var named: [WritableKeyPath<GGUFVocabulary, Int32?>] {
        [
            \.bosID, \.eosID, \.eotID, \.unknownID, \.separatorID, \.paddingID, \.classificationID, \.maskID,
        ]
    }
}
