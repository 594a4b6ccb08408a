// A training snapshot as an HDF5 file:
//
//     /recipe /fingerprint /adapter_configuration /parameters    texts; the last lists the parameters' names, a line each
//     /progress                                                   step, epoch, … as attributes
//     /adapter/<module>/lora_A                                    values; so do the trees below
//     /fixed /fixed_matrices                                      what no step changes and their names, where there is any
//     /optimizer                                                  its name as attribute `rule`; without it, it is adamw
//     /optimizer/first_moment/… /optimizer/second_moment/…        a tree for each of its states
//     /mean/…                                                     where what is learnt is a mean of steps: the mean
//     /best/…                                                     what was learnt at the best evaluation, where there was one
//     /history/loss …                                             one number a step; evaluations likewise
//     /history/measures/… /history/evaluation_measures/…          what the objective tells beside the loss, where it does

public import Foundation
import HDF5Files
import Objectives
import Optimisers
import Recipes
public import Training

/// Writing and reading of checkpoints.
public enum Checkpoint {
    /// Writes `snapshot` to `url`: whole and durable, or not at all. Equal snapshots give equal bytes.
    public static func write(_ snapshot: TrainingSnapshot, to url: URL) throws(CheckpointError) {
        let image: [UInt8]
        do throws(HDF5Failure) { image = try self.image(of: snapshot) } catch {
            throw CheckpointError(file: url.path, .cannotMake("\(error)"))
        }
        try SealedFile.write(image, to: url)
    }

    /// The snapshot in `url`.
    public static func read(_ url: URL) throws(CheckpointError) -> TrainingSnapshot {
        let snapshot = try read(url) { file throws(HDF5Failure) in try self.snapshot(in: file) }
        if let reason = snapshot.contradiction { throw CheckpointError(file: url.path, .inconsistent(reason)) }
        return snapshot
    }

    /// What `body` makes of the file at `url`, whose digest is checked first.
    static func read<Value>(
        _ url: URL, _ body: (HDF5File) throws(HDF5Failure) -> Value
    ) throws(CheckpointError) -> Value {
        let image = try SealedFile.read(url)
        let result: Result<Value, CheckpointError> = image.withUnsafeBytes { image in
            do throws(HDF5Failure) { return .success(try body(HDF5File(image: image))) } catch {
                return .failure(CheckpointError(file: url.path, .inconsistent(error.description)))
            }
        }
        return try result.get()
    }
}

// MARK: - Layout

extension Checkpoint {
    /// The values as they stand.
    static let valuesTree = "/adapter"
    /// What the optimiser and the order of rows need, so that a run goes on: not in a file of an adapter alone.
    static let progressGroup = "/progress"
    private static let optimiserGroup = "/optimizer"
    private static let bestTree = "/best"
    private static let fixedTree = "/fixed", fixedNames = "/fixed_matrices"
    private static let meanTree = "/mean"

    private static func tree(of state: OptimiserState) -> String { "\(optimiserGroup)/\(state.name)" }

    /// Where the parameter `model.layers.0.mlp.up_proj.lora_A.weight` stands in a tree: its module, and `lora_A` inside it.
    private static func place(of name: String) -> (module: String, leaf: String) {
        var parts = name.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count > 1, parts.last == "weight" { parts.removeLast() }
        let leaf = parts.popLast().map(String.init) ?? ""
        return (parts.isEmpty ? "parameters" : parts.joined(separator: "."), leaf)
    }

    static func path(of name: String, in tree: String) -> String {
        let place = place(of: name)
        return "\(tree)/\(place.module)/\(place.leaf)"
    }
}

// MARK: - Writing

extension Checkpoint {
    private static func image(of snapshot: TrainingSnapshot) throws(HDF5Failure) -> [UInt8] {
        let file = try HDF5File()
        try file.write(snapshot.identity.fingerprint, to: "/fingerprint")
        try file.write(snapshot.identity.recipe, to: "/recipe")
        try file.write(snapshot.identity.adapterConfiguration, to: "/adapter_configuration")
        try file.write(snapshot.parameters.map(\.name).joined(separator: "\n"), to: "/parameters")
        try writeProgress(of: snapshot, to: file)
        try writeHistory(of: snapshot, to: file)
        let parameters = snapshot.parameters
        try write(parameters.map { ($0.name, $0.rows, $0.columns, $0.values) }, to: file, tree: valuesTree)
        let fixed = snapshot.identity.fixed
        if !fixed.isEmpty {
            try file.write(fixed.map(\.name).joined(separator: "\n"), to: fixedNames)
            try write(fixed.map { ($0.name, $0.rows, $0.columns, $0.values) }, to: file, tree: fixedTree)
        }
        try writeStates(of: snapshot, to: file)
        if snapshot.hasMeanValues {
            try write(
                parameters.map { ($0.name, $0.rows, $0.columns, $0.meanValues ?? $0.values) }, to: file, tree: meanTree)
        }
        if snapshot.hasBestValues {
            try write(
                parameters.map { ($0.name, $0.rows, $0.columns, $0.bestValues ?? $0.values) }, to: file, tree: bestTree)
        }
        return try file.image()
    }

    private static func writeStates(of snapshot: TrainingSnapshot, to file: HDF5File) throws(HDF5Failure) {
        try file.makeGroup(optimiserGroup)
        try file.setAttribute("rule", of: optimiserGroup, snapshot.optimiser.rawValue)
        var trees: [String] = []
        var codes = Set<String>()
        var matrices: [String: [(String, Int, Int, [Float])]] = [:]
        for parameter in snapshot.parameters {
            for (state, numbers) in parameter.namedStates(snapshot.optimiser) {
                let tree = tree(of: state)
                if matrices[tree] == nil { trees.append(tree) }
                if state.kind == .codes { codes.insert(tree) }
                matrices[tree, default: []].append((parameter.name, state.rows, state.columns, numbers))
            }
        }
        for tree in trees { try write(matrices[tree] ?? [], asCodes: codes.contains(tree), to: file, tree: tree) }
    }

    private static func writeProgress(of snapshot: TrainingSnapshot, to file: HDF5File) throws(HDF5Failure) {
        let group = progressGroup
        try file.makeGroup(group)
        try file.setAttribute("step", of: group, snapshot.step)
        try file.setAttribute("epoch", of: group, snapshot.epoch)
        try file.setAttribute("position_in_epoch", of: group, snapshot.positionInEpoch)
        try file.setAttribute("seed", of: group, Int(bitPattern: UInt(snapshot.seed)))
        try file.setAttribute("evaluations_without_improvement", of: group, snapshot.evaluationsWithoutImprovement)
        try file.setAttribute("stopped_early", of: group, snapshot.isStoppedEarly ? 1 : 0)
        guard let best = snapshot.best else { return }
        try file.setAttribute("best_step", of: group, best.step)
        try file.setAttribute("best_loss", of: group, best.loss)
    }

    private static func writeHistory(of snapshot: TrainingSnapshot, to file: HDF5File) throws(HDF5Failure) {
        let group = "/history"
        try file.makeGroup(group)
        try file.write(snapshot.history.map(\.loss), to: group + "/loss")
        try file.write(snapshot.history.map(\.learningRate), to: group + "/learning_rate")
        try file.write(snapshot.history.map(\.gradientNorm), to: group + "/gradient_norm")
        try file.write(snapshot.history.map { Int64($0.tokens) }, to: group + "/tokens")
        try file.write(snapshot.history.map { Int64($0.targetTokens) }, to: group + "/target_tokens")
        try file.write(snapshot.evaluations.map { Int64($0.step) }, to: group + "/evaluation_step")
        try file.write(snapshot.evaluations.map(\.loss), to: group + "/evaluation_loss")
        try write(snapshot.history.map(\.measures), to: file, group: measures)
        try write(snapshot.evaluations.map(\.measures), to: file, group: evaluationMeasures)
    }

    private static let measures = "/history/measures"
    private static let evaluationMeasures = "/history/evaluation_measures"

    /// A list for each measure; nothing where there are none.
    private static func write(
        _ records: [[MeasuredValue]], to file: HDF5File, group: String
    ) throws(HDF5Failure) {
        guard let names = records.first?.map(\.name), !names.isEmpty else { return }
        try file.makeGroup(group)
        try file.setAttribute("names", of: group, names.joined(separator: "\n"))
        for (index, name) in names.enumerated() {
            try file.write(records.map { $0[index].value }, to: "\(group)/\(name)")
        }
    }

    /// A dataset for each of `matrices`, in a group for each module.
    /// - Parameter asCodes: whether the numbers are whole ones of 8 bits, which then are a list of bytes.
    static func write(
        _ matrices: [(name: String, rows: Int, columns: Int, numbers: [Float])], asCodes: Bool = false,
        to file: HDF5File, tree: String
    ) throws(HDF5Failure) {
        try file.makeGroup(tree)
        var modules = Set<String>()
        for matrix in matrices {
            let module = "\(tree)/\(place(of: matrix.name).module)"
            if modules.insert(module).inserted { try file.makeGroup(module) }
            let place = path(of: matrix.name, in: tree)
            if asCodes {
                try file.write(matrix.numbers.map { UInt8($0) }, to: place)
            } else {
                try file.write(matrix.numbers, rows: matrix.rows, columns: matrix.columns, to: place)
            }
        }
    }
}

// MARK: - Reading

extension Checkpoint {
    static func snapshot(in file: HDF5File) throws(HDF5Failure) -> TrainingSnapshot {
        let group = progressGroup
        guard file.contains(group) else {
            throw HDF5Failure(operation: "go on from it: it holds an adapter alone, and no state of a training")
        }
        let hasBestValues = file.contains(bestTree)
        let hasBest = file.hasAttribute("best_step", of: group) || hasBestValues
        let optimiser = try optimiser(of: file)
        let evaluations = try evaluations(in: file)
        return TrainingSnapshot(
            identity: TrainingSnapshot.Identity(
                fingerprint: try file.text("/fingerprint"), recipe: try file.text("/recipe"),
                adapterConfiguration: try file.text("/adapter_configuration"), fixed: try fixed(in: file)),
            step: try file.integer("step", of: group), epoch: try file.integer("epoch", of: group),
            positionInEpoch: try file.integer("position_in_epoch", of: group),
            seed: UInt64(UInt(bitPattern: try file.integer("seed", of: group))),
            optimiser: optimiser, parameters: try parameters(in: file, optimiser, hasBest: hasBestValues),
            history: try history(in: file), evaluations: evaluations,
            best: hasBest ? try best(of: evaluations, in: file, group: group) : nil,
            evaluationsWithoutImprovement: try file.integer("evaluations_without_improvement", of: group),
            isStoppedEarly: try file.integer("stopped_early", of: group) != 0)
    }

    private static func fixed(in file: HDF5File) throws(HDF5Failure) -> [TrainingSnapshot.FixedMatrix] {
        guard file.contains(fixedNames) else { return [] }
        var matrices: [TrainingSnapshot.FixedMatrix] = []
        for name in try file.text(fixedNames).split(separator: "\n").map(String.init) {
            let matrix = try file.floats(path(of: name, in: fixedTree))
            matrices.append(
                TrainingSnapshot.FixedMatrix(
                    name: name, rows: matrix.rows, columns: matrix.columns, values: matrix.values))
        }
        return matrices
    }

    private static func best(
        of evaluations: [EvaluationRecord], in file: HDF5File, group: String
    ) throws(HDF5Failure) -> EvaluationRecord {
        let step = try file.integer("best_step", of: group), loss = try file.double("best_loss", of: group)
        return evaluations.first { $0.step == step && $0.loss == loss } ?? EvaluationRecord(step: step, loss: loss)
    }

    /// The measures of each of `count` records.
    private static func measures(
        _ count: Int, in file: HDF5File, group: String
    ) throws(HDF5Failure) -> [[MeasuredValue]] {
        var records = [[MeasuredValue]](repeating: [], count: count)
        guard file.contains(group) else { return records }
        for name in try file.text("names", of: group).split(separator: "\n").map(String.init) {
            let values = try file.list("\(group)/\(name)", of: Double.self)
            guard values.count == count else { throw HDF5Failure(operation: "find \(count) numbers in \(group)") }
            for (index, value) in values.enumerated() { records[index].append(MeasuredValue(name: name, value: value)) }
        }
        return records
    }

    /// Checkpoints name their optimiser since there has been more than one.
    private static func optimiser(of file: HDF5File) throws(HDF5Failure) -> OptimiserKind {
        guard file.hasAttribute("rule", of: optimiserGroup) else { return .adamw }
        let name: String = try file.text("rule", of: optimiserGroup)
        guard let kind = OptimiserKind(rawValue: name) else {
            throw HDF5Failure(operation: "go on with the optimizer \(name), which is not known here")
        }
        return kind
    }

    private static func parameters(
        in file: HDF5File, _ optimiser: OptimiserKind, hasBest: Bool
    ) throws(HDF5Failure) -> [TrainingSnapshot.Parameter] {
        let hasMean = file.contains(meanTree)
        var parameters: [TrainingSnapshot.Parameter] = []
        for name in try file.text("/parameters").split(separator: "\n").map(String.init) {
            let values = try file.floats(path(of: name, in: valuesTree))
            var states: [[Float]] = []
            let kinds = optimiser.rule.states(rows: values.rows, columns: values.columns)
            // Nothing is kept for a matrix that no step changes.
            let isKept = kinds.first.map { file.contains(path(of: name, in: tree(of: $0))) } ?? false
            for state in kinds where isKept {
                let place = path(of: name, in: tree(of: state))
                states.append(
                    state.kind == .codes
                        ? try file.list(place, of: UInt8.self).map(Float.init) : try file.floats(place).values)
            }
            parameters.append(
                TrainingSnapshot.Parameter(
                    name: name, rows: values.rows, columns: values.columns, values: values.values, states: states,
                    meanValues: hasMean ? try file.floats(path(of: name, in: meanTree)).values : nil,
                    bestValues: hasBest ? try file.floats(path(of: name, in: bestTree)).values : nil))
        }
        return parameters
    }

    private static func history(in file: HDF5File) throws(HDF5Failure) -> [StepRecord] {
        let losses = try file.list("/history/loss", of: Double.self)
        let rates = try file.list("/history/learning_rate", of: Double.self)
        let norms = try file.list("/history/gradient_norm", of: Double.self)
        let tokens = try file.list("/history/tokens", of: Int64.self)
        let targets = try file.list("/history/target_tokens", of: Int64.self)
        guard [rates.count, norms.count, tokens.count, targets.count].allSatisfy({ $0 == losses.count }) else {
            throw HDF5Failure(operation: "find as many numbers in each part of /history")
        }
        let measures = try measures(losses.count, in: file, group: measures)
        return losses.indices.map {
            StepRecord(
                loss: losses[$0], learningRate: rates[$0], gradientNorm: norms[$0], tokens: Int(tokens[$0]),
                targetTokens: Int(targets[$0]), measures: measures[$0])
        }
    }

    private static func evaluations(in file: HDF5File) throws(HDF5Failure) -> [EvaluationRecord] {
        let steps = try file.list("/history/evaluation_step", of: Int64.self)
        let losses = try file.list("/history/evaluation_loss", of: Double.self)
        guard steps.count == losses.count else {
            throw HDF5Failure(operation: "find as many evaluation losses as steps")
        }
        let measures = try measures(losses.count, in: file, group: evaluationMeasures)
        return losses.indices.map {
            EvaluationRecord(step: Int(steps[$0]), loss: losses[$0], measures: measures[$0])
        }
    }
}
