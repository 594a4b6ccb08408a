// JSON that holds a table by columns, as pandas and `datasets` write one when they are not asked for rows.

internal import JSON

/// Telling columns from rows.
enum JSONColumns {
    /// Fields that say that a member is a column and no row.
    private static let fieldNames: Set<String> = [
        "messages", "conversations", "prompt", "completion", "instruction", "input", "output", "system", "text",
        "label", "chosen", "rejected", "question", "answer",
    ]

    /// Whether a value is a list of objects that are no messages.
    static func isListOfRows(_ value: JSONValue) -> Bool {
        guard let first = value.array?.first?.object else { return false }
        return first["role"] == nil && first["from"] == nil
    }

    /// Whether an object's members are columns: values by row number, lists of one length without objects in them, or the names
    /// beside lists of values that pandas calls `split`.
    static func areColumns(_ object: JSONObject) -> Bool {
        let values = object.members.map(\.value)
        if object["columns"]?.array?.first?.string != nil, object["data"]?.array?.first?.array != nil { return true }
        if let first = values.first?.object { return isColumn(first) && values.allSatisfy { $0.object != nil } }
        guard object.members.contains(where: { fieldNames.contains($0.key) }) else { return false }
        let lists = values.compactMap(\.array)
        return lists.count == values.count && Set(lists.map(\.count)).count == 1
            && lists.allSatisfy { $0.allSatisfy { $0.object == nil } }
    }

    /// Whether an object's members are values by row number, as in "0"; the `id` that rows by name get does not count.
    static func isColumn(_ fields: JSONObject) -> Bool {
        let names = fields.members.map(\.key).filter { $0 != "id" }
        return !names.isEmpty && names.allSatisfy { Int($0) != nil }
    }
}
