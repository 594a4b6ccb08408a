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
    /// The type in which a weight is written where none is asked for, if it is not the one in which it lies here.
    func writtenType(at path: String) -> DType?
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

    /// Weights that others take the place of are not counted.
    public var byteCount: Int {
        guard let own else { return base.byteCount }
        let replaced = own.paths.filter { base.contains($0) }.compactMap { try? base.tensor(at: $0) }
        return base.byteCount - replaced.reduce(0) { $0 + $1.bytes.count } + own.byteCount
    }

    public func shape(at path: String) -> Shape? { source(of: path).shape(at: path) }
    public func typeName(at path: String) -> String? { source(of: path).typeName(at: path) }
    public func tensor(at path: String) throws(WeightError) -> FrozenTensor { try source(of: path).tensor(at: path) }
    public func releasePages(of path: String) { source(of: path).releasePages(of: path) }
    public func releasePages() { base.releasePages() }
    public func writtenType(at path: String) -> DType? { (base as? any ModelOverBase)?.writtenType(at: path) }

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
