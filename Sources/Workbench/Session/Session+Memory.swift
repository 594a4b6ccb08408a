// What a session holds in memory, and what it gives back.

internal import Models

extension Session {
    /// The process as it stands now, all opened.
    func memory() throws -> StageMemory {
        StageMemory(
            try base(), parameters: adapter?.set.slab.count ?? 0, foldedBytes: openedModel?.foldedBytes ?? 0,
            trains: training != nil)
    }

    /// What stands in memory beside the buffers of a pass, as rows are planned for.
    func heldBytes() throws -> Int {
        MemoryPlan.heldBytes(try base(), try model(), parameters: adapter?.set.slab.count ?? 0)
    }

    /// Bytes of the buffers that scoring without gradients takes.
    func evaluationBytes() throws -> Int {
        EvaluationRows.bytes(
            for: try model(), memoryLimit: recipe.train.memoryLimitBytes, heldBytes: try heldBytes())
    }

    /// Gives back what is needed neither between steps nor after training: the buffers of steps, and the base's pages.
    func releaseMemory() {
        training?.workspace.release()
        openedBase?.weights.releasePages()
    }
}
