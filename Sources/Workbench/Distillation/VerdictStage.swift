// What distillation was worth: the student against its teacher, against itself before, and against itself on labels alone.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import Foundation
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors

/// Measures student, teacher and what the student is compared with on the session's held-out rows.
struct VerdictStage: Stage {
    /// The adapter of the same student that was trained on labels alone; nil where there is none.
    let labels: URL?
    /// Whether answers are generated for the metrics that compare them.
    let generates: Bool

    func run(_ session: Session, _ observer: any RunObserver) throws -> DistillationReport {
        let recipe = session.recipe, rows = try session.openHeldOut(observer), tasks = try session.tasks(of: rows)
        let model = try session.model(), base = try session.base(), learner = try session.learner()
        let workspace = Workspace(reservingBytes: try session.evaluationBytes())
        let measure = SideMeasure(
            learner, base, recipe, rows: rows, longest: rows.report.longestExample, tasks, generates: generates,
            workspace: workspace, observer)
        let trained = session.adapter.map { $0.set.slab.parameterCount * 4 } ?? 0
        func side(_ role: DistillationReport.Role, _ adapters: AdapterBinding?, bytes: Int) throws
            -> DistillationReport.Side
        {
            let bound = model.adapters
            if let adapters { model.adapters = adapters }
            defer { model.adapters = bound }
            return DistillationReport.Side(
                role: role, measured: try measure.side(role.rawValue), bytes: base.byteCount + bytes,
                tokensPerSecond: try measure.tokensPerSecond())
        }
        var sides = [try side(.student, nil, bytes: trained)]
        let before = try recipe.adapter.continueFrom.map { try session.binding(ofAdapterAt: $0) }
        sides.append(try side(.undistilled, before ?? AdapterBinding.none, bytes: before == nil ? 0 : trained))
        if let labels {
            sides.append(try side(.labels, session.binding(ofAdapterAt: labels.path), bytes: trained))
        }
        let teacher = try session.teacher()
        if let teacher {
            sides.append(
                try self.teacher(teacher, session, rows, tasks, learner.objective, workspace: workspace, observer))
        }
        return DistillationReport(
            recipe, teacher: teacher?.name ?? Teacher.name(in: recipe), sides: sides,
            targets: rows.report.targetTokens, comparesText: generates && !tasks.generated.isEmpty)
    }

    /// The teacher on the same rows, as it reads them.
    private func teacher(
        _ teacher: Teacher, _ session: Session, _ rows: PreparedDataset, _ tasks: HeldOutTasks,
        _ objective: any Objective, workspace: Workspace, _ observer: any RunObserver
    ) throws -> DistillationReport.Side {
        var own = tasks
        if let context = teacher.context {
            own = try HeldOutTasks(
                session.recipe, rows: rows, preparation: session.preparation(for: objective).reading(context.text),
                rewards: session.rewards())
        }
        let measure = SideMeasure(
            Learner(teacher.model, objective), teacher.opened, session.recipe, rows: rows,
            reading: teacher.heldOutRows, longest: rows.report.longestExample + teacher.longestContext,
            own, generates: generates, workspace: workspace, observer)
        return try teacher.whileActing {
            DistillationReport.Side(
                role: .teacher, measured: try measure.side("teacher"),
                bytes: teacher.opened.byteCount + (teacher.adapter?.set.slab.parameterCount ?? 0) * 4,
                tokensPerSecond: try measure.tokensPerSecond())
        }
    }
}
