// An adapter set from what a training snapshot holds: a configuration as text, and values by slot name.

public import JSON
public import Models

extension AdapterConfiguration {
    /// The configuration as JSON text, in PEFT's words, for a snapshot.
    public var text: String { JSONValue.object(complete(peftJSON(baseName: nil))).text() }

    /// PEFT's words with what they do not say of the head, and of what is taken off the product.
    public func complete(_ words: JSONObject) -> JSONObject {
        var words = words
        if start.hasOrigin { words[Self.startKey] = .string(start.name) }
        if let head { words[SavedHead.key] = .object(head.json) }
        return words
    }

    /// A configuration from its text.
    public init(text: String) throws(AdapterError) {
        let json: JSONValue
        do throws(JSONError) { json = try JSONValue(parsing: text) } catch {
            throw AdapterError("the adapter configuration is no JSON: \(error)")
        }
        try self.init(peft: json)
    }
}

extension AdapterSet {
    /// The adapter of a snapshot, made for a model with the linear layers `layers`.
    ///
    /// - Parameters:
    ///   - configurationText: what `AdapterConfiguration.text` gave when the run began.
    ///   - values: of every slot; strict, as all loading here is.
    public convenience init(
        configurationText: String, values: [(name: String, rows: Int, columns: Int, numbers: [Float])],
        for layers: [AdaptableLayer], beside parameters: [BaseParameter] = []
    ) throws(AdapterError) {
        try self.init(try AdapterConfiguration(text: configurationText), for: layers, beside: parameters)
        try load(values)
    }
}
