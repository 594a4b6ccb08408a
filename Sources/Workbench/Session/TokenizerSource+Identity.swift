// Which tokenizer it is: the identity of everything that decides how text becomes tokens.

internal import Digests
internal import JSON
internal import Models
internal import Tokenizers

extension TokenizerSource {
    /// The file that holds it, of the model at `path`.
    func file(of path: String) -> String {
        switch self {
        case .json: path + "/tokenizer.json"
        case .vocabulary: path
        }
    }

    /// SHA-256 of what the tokenizer is made from.
    var digest: String {
        switch self {
        case .vocabulary(let vocabulary): return vocabulary.digest
        case .json(let json, let companions):
            // The chat template stands in the settings too, and has a digest of its own.
            var decisive = companions.config?.object ?? JSONObject()
            decisive.members.removeAll { $0.key == "chat_template" }
            let others = [companions.specialTokensMap, companions.addedTokens].compactMap { $0?.text() }
            return SHA256.hex(of: json.text() + JSONValue.object(decisive).text() + others.joined())
        }
    }
}

extension GGUFVocabulary {
    /// SHA-256 of everything that decides how text becomes tokens.
    fileprivate var digest: String {
        var hash = SHA256()
        func list(_ texts: [[UInt8]]?) {
            for text in texts ?? [] { hash.update(text + [0]) }
            hash.update([0xFF])
        }
        list(tokens)
        list(merges)
        (tokenTypes ?? []).withUnsafeBytes { hash.update($0) }
        (scores ?? []).withUnsafeBytes { hash.update($0) }
        hash.update("\(model) \(pre ?? "")")
        hash.update(
            [bosID, eosID, eotID, unknownID, separatorID, paddingID, classificationID, maskID].map { "\($0 ?? -1)" }
                .joined(separator: " "))
        hash.update("\([addsBOS, addsEOS, addsSpacePrefix, removesExtraWhitespaces])")
        hash.update(precompiledCharsmap ?? [])
        return hash.digest().hexadecimal
    }
}
