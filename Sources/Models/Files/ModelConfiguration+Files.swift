// A configuration from an opened model, whatever form it lies in.

import Kernels
import Tensors
internal import WeightFiles

extension ModelConfiguration {
    /// What model `source` is, by its own word. Where a head of its own stands beside an embedding that the configuration ties it
    /// to, the numbers decide, as in transformers: two different tensors are two.
    public init(of source: any ModelSource) throws {
        self = try source.statedConfiguration()
        readNames(of: source)
        taskClass = TaskClass(of: source)
        // A class for a task has no head of the language.
        if taskClass != nil, let head = weightNames?.head, !source.contains(head + ".weight") { isTied = true }
        if isTied, try hasOwnHead(source) { isTied = false }
    }

    /// What stands in names alone: what there is at the end of a model that reads.
    private mutating func readNames(of source: any WeightSource) {
        if let pooler = weightNames?.pooler { reader?.hasPooler = source.contains(pooler + ".weight") }
    }

    /// Whether a head stands beside the embedding that is another than it.
    func hasOwnHead(_ weights: any WeightSource) throws -> Bool {
        guard let names = weightNames, let headName = names.head else { return false }
        let (embedding, head) = (names.embedding + ".weight", headName + ".weight")
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
