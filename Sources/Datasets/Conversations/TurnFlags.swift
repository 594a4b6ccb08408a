// Whether a turn carries loss, where its file says so: by the names that other tools gave to the same wish.

internal import JSON

/// A turn's own word on its loss.
enum TurnFlags {
    /// 0 and `false` take a turn out of the loss, 1 and `true` leave it in.
    static let names: Set<String> = ["weight", "loss", "train", "training", "trainable", "loss_mask"]

    /// What the turn asks for; `nil` where it asks for nothing. `place` names the turn.
    static func hasLoss(_ turn: JSONObject, _ place: String, _ row: RowPlace) throws(DatasetError) -> Bool? {
        var found: (name: String, value: Bool)?
        for member in turn.members where names.contains(member.key) && !member.value.isNull {
            guard let value = truth(member.value) else {
                throw DatasetError(
                    .wrongType, row, "\(place).\(member.key) is \(member.value.text()): a turn's loss weighs 0 or 1")
            }
            if let found, found.value != value {
                throw DatasetError(
                    .wrongType, row, "\(place) says two things of its loss: \(found.name) and \(member.key)")
            }
            found = (member.key, value)
        }
        return found?.value
    }

    /// Tables and forms write the same wish as a word.
    private static let words: [String: Bool] = ["true": true, "1": true, "false": false, "0": false]

    /// What a flag says; `nil` where it is none.
    static func truth(_ value: JSONValue) -> Bool? {
        if let bool = value.bool { return bool }
        if let word = value.string { return words[word.lowercased()] }
        if value.double == 0 { return false }
        return value.double == 1 ? true : nil
    }
}
