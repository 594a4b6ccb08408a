// A JSON value together with its path, so that every complaint names the place. Not a decoder: each stage reads its own keys.

internal import JSON

/// A value of a tokenizer description and the path to it.
struct LocatedJSON {
    let value: JSONValue
    let path: String

    func error(_ reason: String) -> TokenizerError { TokenizerError(place: path, reason: reason) }

    private func wrong(_ expected: String) -> TokenizerError { error("expected \(expected), found \(value.typeName)") }

    /// The member `key`, where it is there and not null.
    func optional(_ key: String) -> LocatedJSON? {
        guard let member = value[key], !member.isNull else { return nil }
        return LocatedJSON(value: member, path: "\(path).\(key)")
    }

    func required(_ key: String) throws(TokenizerError) -> LocatedJSON {
        guard value.object != nil else { throw wrong("an object") }
        guard let member = optional(key) else { throw error("`\(key)` is missing") }
        return member
    }

    func string() throws(TokenizerError) -> String {
        guard let string = value.string else { throw wrong("a string") }
        return string
    }

    func bytes() throws(TokenizerError) -> [UInt8] { Array(try string().utf8) }

    func bool() throws(TokenizerError) -> Bool {
        guard let bool = value.bool else { throw wrong("true or false") }
        return bool
    }

    func double() throws(TokenizerError) -> Double {
        guard let double = value.double, double.isFinite else { throw wrong("a finite number") }
        return double
    }

    /// A count or position: an integer from 0 to `maximum`.
    func integer(maximum: Int = Int(Int32.max)) throws(TokenizerError) -> Int {
        guard let integer = value.integer else { throw wrong("an integer") }
        guard 0...maximum ~= integer else { throw error("\(integer) is not in 0...\(maximum)") }
        return integer
    }

    /// A token id.
    func id() throws(TokenizerError) -> Int32 { Int32(try integer(maximum: TokenList.maximumID)) }

    func elements() throws(TokenizerError) -> [LocatedJSON] {
        guard let array = value.array else { throw wrong("an array") }
        return array.enumerated().map { LocatedJSON(value: $1, path: "\(path)[\($0)]") }
    }

    func members() throws(TokenizerError) -> JSONObject {
        guard let object = value.object else { throw wrong("an object") }
        return object
    }

    /// The member `type`, which selects the kind of a stage.
    func kind() throws(TokenizerError) -> String { try required("type").string() }

    func bool(_ key: String, default fallback: Bool) throws(TokenizerError) -> Bool {
        try optional(key)?.bool() ?? fallback
    }

    func optionalBytes(_ key: String) throws(TokenizerError) -> [UInt8]? { try optional(key)?.bytes() }
}
