// Sequences as a batch: predicted token by token, or read by the head of a task.

public import Datasets
public import Models

extension TokenBatch {
    /// The batch of whole sequences, which are all of one kind.
    public init(of examples: [TokenizedExample], sequences: [Int]? = nil) {
        guard examples.contains(where: \.isRead) else {
            self.init(examples: examples.map { ($0.ids, $0.isTarget) }, sequences: sequences)
            return
        }
        self.init(read: examples.map { ($0.ids, $0.isTarget, $0.wanted) }, sequences: sequences)
    }
}
