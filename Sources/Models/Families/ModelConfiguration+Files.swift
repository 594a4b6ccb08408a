// A configuration from opened weights, whatever file they lie in.

import Kernels
import Tensors
public import WeightFiles

extension ModelConfiguration {
    /// What model `weights` hold, by their own word. Where a head of its own stands beside an embedding that the configuration
    /// ties it to, the numbers decide, as in transformers: two different tensors are two.
    public init(of weights: any WeightSource) throws {
        switch weights {
        case let gguf as GGUFWeights: try self.init(gguf: gguf.gguf)
        case let folder as HuggingFaceDirectory: try self.init(huggingFace: folder.configuration)
        default: throw ModelConfigurationError.missing(key: "config.json")
        }
        if isTied, try Self.hasOwnHead(weights) { isTied = false }
    }

    /// What the person should know about the configuration of `weights`, in whole sentences.
    public static func notes(of weights: any WeightSource) throws -> [String] {
        switch weights {
        case let gguf as GGUFWeights: return try notes(gguf: gguf.gguf)
        case let folder as HuggingFaceDirectory:
            var notes = try notes(huggingFace: folder.configuration)
            if folder.configuration["tie_word_embeddings"] == .bool(true), try hasOwnHead(weights) {
                notes.append(
                    "tie_word_embeddings is true, but lm_head.weight differs from the embedding: it is used, untied")
            }
            return notes
        default: return []
        }
    }

    private static func hasOwnHead(_ weights: any WeightSource) throws -> Bool {
        let (embedding, head) = ("model.embed_tokens.weight", "lm_head.weight")
        guard weights.contains(embedding), weights.contains(head) else { return false }
        let (left, right) = (try weights.tensor(at: embedding), try weights.tensor(at: head))
        guard left.shape == right.shape, left.shape.rank == 2 else { return true }
        if left.dtype == right.dtype, left.form == right.form { return !left.bytes.elementsEqual(right.bytes) }
        guard Widening.supports(left.dtype), Widening.supports(right.dtype) else { return true }
        let (rows, columns) = (left.shape[0], left.shape[1])
        let workspace = Workspace()
        return (0..<rows).contains { row in
            workspace.scoped {
                let pair = [left, right].map { tensor in
                    let values = workspace.matrix(rows: 1, columns: columns)
                    Widening.widen(tensor, rows: row..<(row + 1), into: values)
                    return values
                }
                return !pair[0].floats.elementsEqual(pair[1].floats)
            }
        }
    }
}
