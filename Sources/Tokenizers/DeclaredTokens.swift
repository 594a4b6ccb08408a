// Tokens that stand beside tokenizer.json alone: in tokenizer_config.json, special_tokens_map.json or added_tokens.json. Read as
// transformers reads them, order and new ids included.

public import JSON

/// The files beside `tokenizer.json` that declare tokens.
public struct TokenizerCompanions: Sendable {
    /// `tokenizer_config.json`.
    public var config: JSONValue?
    /// `special_tokens_map.json`, from before transformers 4.34.
    public var specialTokensMap: JSONValue?
    /// `added_tokens.json`, from the same time.
    public var addedTokens: JSONValue?

    /// The files that are there.
    public init(config: JSONValue? = nil, specialTokensMap: JSONValue? = nil, addedTokens: JSONValue? = nil) {
        self.config = config
        self.specialTokensMap = specialTokensMap
        self.addedTokens = addedTokens
    }

    /// The older files count only where the configuration does not list its added tokens itself.
    private var listsAddedTokens: Bool { config?["added_tokens_decoder"] != nil }

    /// `tokenizer_config.json` with what the older files say in its place.
    var settings: JSONValue {
        guard !listsAddedTokens, let map = specialTokensMap?.object else { return config ?? .object(JSONObject()) }
        var settings = config?.object ?? JSONObject()
        for (key, value) in map.members { settings[key] = value }
        return .object(settings)
    }
}

/// A token as one of the files declares it.
struct DeclaredToken {
    let content: [UInt8]
    var isSpecial: Bool
    var singleWord = false
    var leftStrip = false
    var rightStrip = false
    var isNormalized: Bool
    /// From `added_tokens_decoder`: its flags come before those of the same token in tokenizer.json.
    var isListed = false
    /// Bears a name, which makes it special.
    var isNamed = false

    /// A text, or an object with `content` and flags.
    init(_ node: LocatedJSON, isSpecial: Bool) throws(TokenizerError) {
        guard node.value.object != nil else {
            self.init(try node.bytes(), isSpecial: isSpecial)
            return
        }
        let special = try node.bool("special", default: isSpecial)
        self.init(try node.required("content").bytes(), isSpecial: special || isSpecial)
        singleWord = try node.bool("single_word", default: false)
        leftStrip = try node.bool("lstrip", default: false)
        rightStrip = try node.bool("rstrip", default: false)
        isNormalized = try node.bool("normalized", default: !special)
    }

    init(_ content: [UInt8], isSpecial: Bool) {
        self.content = content
        self.isSpecial = isSpecial
        isNormalized = !isSpecial
    }

    func token(_ id: Int32) -> AddedToken {
        AddedToken(
            id: id, content: content, isSpecial: isSpecial || isNamed, singleWord: singleWord, leftStrip: leftStrip,
            rightStrip: rightStrip, isNormalized: isNormalized)
    }
}

extension DeclaredToken {
    /// Whether `token` is this one with other flags, so that it is to be taken anew.
    func changes(_ token: AddedToken) -> Bool {
        isListed
            && (isSpecial, singleWord, leftStrip, rightStrip, isNormalized)
                != (token.isSpecial, token.singleWord, token.leftStrip, token.rightStrip, token.isNormalized)
    }
}

extension TokenizerCompanions {
    private static let named = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]

    /// Every token that the files declare, in the order in which transformers adds those that are new.
    func declaredTokens() throws(TokenizerError) -> [DeclaredToken] {
        let node = LocatedJSON(value: settings, path: "tokenizer_config.json")
        guard node.value.object != nil else { throw node.error("expected an object, found \(node.value.typeName)") }
        let special = try specialTokens(node)
        let texts = Set(special.named.map(\.content))
        var declared = try listedTokens(node, special: texts.union(special.extra.map(\.content)))
        for index in declared.indices { declared[index].isNamed = texts.contains(declared[index].content) }
        for token in special.named + special.extra where !declared.contains(where: { $0.content == token.content }) {
            declared.append(token)
        }
        return declared.filter { !$0.content.isEmpty }
    }

    /// `added_tokens_decoder`, by id; else `added_tokens.json`.
    private func listedTokens(
        _ node: LocatedJSON, special: Set<[UInt8]>
    ) throws(TokenizerError) -> [DeclaredToken] {
        var listed: [(id: Int, token: DeclaredToken)] = []
        if let decoder = node.optional("added_tokens_decoder") {
            for (key, value) in try decoder.members().members {
                let place = LocatedJSON(value: value, path: "\(decoder.path).\(key)")
                guard let id = Int(key), 0...TokenList.maximumID ~= id else {
                    throw place.error("the key is no token id")
                }
                var token = try DeclaredToken(place, isSpecial: false)
                token.isListed = true
                listed.append((id, token))
            }
        } else if let map = addedTokens {
            let root = LocatedJSON(value: map, path: "added_tokens.json")
            for (text, value) in try root.members().members {
                let id = try LocatedJSON(value: value, path: "\(root.path).\(text)").id()
                let content = Array(text.utf8)
                listed.append((Int(id), DeclaredToken(content, isSpecial: special.contains(content))))
            }
        }
        return listed.sorted { $0.id < $1.id }.map(\.token)
    }

    /// Tokens with a name (`bos_token`, and a model's own `…_token`), and those without.
    private func specialTokens(
        _ node: LocatedJSON
    ) throws(TokenizerError) -> (named: [DeclaredToken], extra: [DeclaredToken]) {
        var named: [DeclaredToken] = []
        var extra: [DeclaredToken] = []
        for key in Self.named {
            if let token = node.optional(key) { named.append(try DeclaredToken(token, isSpecial: true)) }
        }
        for (key, value) in try node.members().members
        where key.hasSuffix("_token") && !Self.named.contains(key) && value.string != nil {
            named.append(try DeclaredToken(LocatedJSON(value: value, path: "\(node.path).\(key)"), isSpecial: true))
        }
        let own = node.optional("extra_special_tokens")
        let isEmpty = own?.value.array?.isEmpty ?? own?.value.object?.members.isEmpty ?? true
        guard let list = isEmpty ? node.optional("additional_special_tokens") : own else { return (named, []) }
        if let members = list.value.object?.members {
            for (key, value) in members {
                named.append(try DeclaredToken(LocatedJSON(value: value, path: "\(list.path).\(key)"), isSpecial: true))
            }
        } else {
            for element in try list.elements() { extra.append(try DeclaredToken(element, isSpecial: true)) }
        }
        return (named, extra)
    }
}
