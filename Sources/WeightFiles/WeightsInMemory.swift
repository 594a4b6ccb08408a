// Weights that come from no file: tiny models in tests, weights that were computed.

public import Tensors

/// A source of weights that are in memory.
public final class WeightsInMemory: WeightSource {
    public let location: String
    public let tensors: [FrozenTensor]
    private let indices: [[UInt8]: Int]
    private let digest = OnceCache<String>()

    /// - Precondition: the tensors' names, which are Hugging Face's, are unique.
    public init(_ tensors: [FrozenTensor], location: String = "memory") {
        self.location = location
        self.tensors = tensors
        indices = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { (Array($1.name.utf8), $0) })
    }

    public var paths: [String] { tensors.map(\.name) }

    public var byteCount: Int { tensors.reduce(0) { $0 + $1.bytes.count } }

    public func shape(at path: String) -> Shape? { stored(path)?.shape }
    public func typeName(at path: String) -> String? { stored(path)?.dtype.rawValue.uppercased() }

    public func tensor(at path: String) throws(WeightError) -> FrozenTensor {
        guard let tensor = stored(path) else { throw missing(path) }
        return tensor
    }

    public func contentDigest() throws(WeightError) -> String {
        digest.value {
            digestOfTensors(
                tensors.map {
                    DigestPart(
                        name: $0.name, form: "\($0.dtype.rawValue.uppercased()) \($0.shape)", storage: $0.storage,
                        range: $0.byteOffset..<($0.byteOffset + $0.bytes.count))
                })
        }
    }

    public func releasePages(of path: String) { stored(path)?.dropPages() }
    public func releasePages() { for tensor in tensors { tensor.dropPages() } }

    private func stored(_ path: String) -> FrozenTensor? { indices[Array(path.utf8)].map { tensors[$0] } }
}
