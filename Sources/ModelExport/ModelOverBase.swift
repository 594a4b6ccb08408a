// A model that is another one but for some of its weights, or for what stands beside them.

internal import Digests
public import Foundation
public import JSON
public import Models
public import Tensors
public import WeightFiles

/// What is said here of `base` holds of the model, where it says nothing else itself.
public protocol ModelOverBase: ModelSource {
    var base: any ModelSource { get }
    /// Weights in the place of the base's, or beside them; nil where all are the base's.
    var own: WeightsInMemory? { get }
}

extension ModelOverBase {
    private func source(of path: String) -> any WeightSource {
        if let own, own.contains(path) { return own }
        return base
    }

    // MARK: Weights

    public var location: String { base.location }
    public var otherNames: [String] { base.otherNames }
    public var warnings: [String] { base.warnings }
    public var byteCount: Int { base.byteCount + (own?.byteCount ?? 0) }
    public func shape(at path: String) -> Shape? { source(of: path).shape(at: path) }
    public func typeName(at path: String) -> String? { source(of: path).typeName(at: path) }
    public func tensor(at path: String) throws(WeightError) -> FrozenTensor { try source(of: path).tensor(at: path) }
    public func releasePages(of path: String) { source(of: path).releasePages(of: path) }
    public func releasePages() { base.releasePages() }

    public func contentDigest() throws(WeightError) -> String {
        let digest = try base.contentDigest()
        guard let own else { return digest }
        return SHA256.hex(of: "\(digest) \(try own.contentDigest())")
    }

    // MARK: What stands beside them

    public var configurationName: String? { base.configurationName }
    public var chatTemplatePlace: ChatTemplatePlace { base.chatTemplatePlace }
    public func configurationNotes() throws -> [String] { try base.configurationNotes() }
    public func companions() throws -> [(name: String, url: URL)] { try base.companions() }
    public func companionContents() throws -> [(name: String, bytes: [UInt8])] { try base.companionContents() }
    public func tokenizerSource() throws -> TokenizerSource? { try base.tokenizerSource() }
    public func generationSettings() throws -> JSONValue? { try base.generationSettings() }
}
