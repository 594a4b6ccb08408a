// What an export says of itself.

public import JSON

/// What was written.
public struct ExportReport: Presentable {
    let format: String
    let path: String
    /// The type that an adapter was merged in; nil where none was.
    let merged: String?

    public var json: JSONValue {
        var object = JSONObject([("format", .string(format)), ("path", .string(path))])
        if let merged {
            object["merged_in"] = .string(merged)
            object["proven"] = .bool(false)
        }
        return .object(object)
    }
    public var text: String {
        let note = merged.map { "\nthe adapter is merged in \($0), which is not proven: lathe merge proves it" }
        return "exported \(format) to \(path: path)" + (note ?? "")
    }
}
