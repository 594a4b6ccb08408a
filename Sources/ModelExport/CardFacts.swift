// What a base's card says that its derivatives are to repeat.

internal import WeightFiles

/// Licence and languages of a model, as cards on the hub have them.
public struct CardFacts: Sendable, Equatable {
    /// The identifier of the licence, and its own name and address where it has them.
    public var licence: String?
    public var licenceName: String?
    public var licenceLink: String?
    public var languages: [String]

    /// Facts from their parts.
    public init(licence: String?, licenceName: String?, licenceLink: String?, languages: [String]) {
        self.licence = licence
        self.licenceName = licenceName
        self.licenceLink = licenceLink
        self.languages = languages
    }

    /// The same as keys of a GGUF file.
    var keys: [(key: String, value: GGUFValue)] {
        let texts = [
            ("general.license", licence), ("general.license.name", licenceName),
            ("general.license.link", licenceLink),
        ]
        return texts.compactMap { key, text in text.map { (key, .text($0)) } }
            + (languages.isEmpty ? [] : [("general.languages", .texts(languages.map { Array($0.utf8) }))])
    }
}
