// Where a base comes from, by its own word: its name on the hub, its licence, its languages.

internal import Files
internal import Foundation
internal import JSON
internal import ModelExport
internal import Models
internal import WeightFiles

/// What a model card must say of the base.
struct BaseOrigin {
    /// OWNER/NAME on the hub; nil where the base does not say it.
    let hubName: String?
    /// What a person calls it.
    let name: String
    /// The identifier of its licence; nil where the base does not say it.
    let licence: String?
    /// The licence's own name and address, where the base gives them.
    let licenceName: String?
    let licenceLink: String?
    let languages: [String]

    init(_ base: OpenedModel) throws {
        name = URL(fileURLWithPath: base.path).lastPathComponent
        if let gguf = base.weights as? GGUFWeights {
            func text(_ key: String) -> String? { gguf.gguf.value("general.\(key)")?.string.flatMap(Self.filled) }
            let address = text("base_model.0.repo_url") ?? text("source.repo_url") ?? text("repo_url")
            hubName = address.flatMap(Self.hubName)
            licence = text("license")
            licenceName = text("license.name")
            licenceLink = text("license.link")
            let listed = gguf.gguf.value("general.languages")?.array?.strings ?? []
            languages = listed.compactMap { String(validating: $0, as: UTF8.self) }
            return
        }
        let folder = URL(fileURLWithPath: base.path)
        let card = try WholeFile.bytes(ifThere: folder.appendingPathComponent("README.md"))
        let header = CardHeader(card.map { String(decoding: $0, as: UTF8.self) } ?? "")
        hubName = base.weights.huggingFaceConfiguration?["_name_or_path"]?.string.flatMap(Self.isHubName)
        licence = header["license"].first.flatMap(Self.filled)
        licenceName = header["license_name"].first
        licenceLink = header["license_link"].first
        languages = header["language"]
    }

    private static func filled(_ text: String) -> String? { text.isEmpty ? nil : text }

    private static func hubName(_ address: String) -> String? {
        guard let range = address.range(of: "huggingface.co/") else { return nil }
        return isHubName(String(address[range.upperBound...]))
    }

    /// `text` where it may be a name on the hub.
    private static func isHubName(_ text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let areNames = parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".")
                && part.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
        }
        return areNames && parts.count == 2 ? text : nil
    }

    /// For the files of derivatives.
    var card: CardFacts {
        CardFacts(licence: licence, licenceName: licenceName, licenceLink: licenceLink, languages: languages)
    }

    /// In words.
    var licenceWords: String {
        guard let licence else { return "unknown: ask whoever published it" }
        return [licence, licenceName, licenceLink].compactMap(\.self).joined(separator: ", ")
    }
}
