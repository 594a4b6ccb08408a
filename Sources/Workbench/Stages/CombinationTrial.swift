// Combinations of adapters held against rows: to choose the best, and to say what each domain gains and loses by it.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import Foundation
internal import Models
internal import Objectives
internal import Tensors

/// On which rows a session's combination is chosen, and on which it is measured.
public struct CombinationTrial: Sendable {
    private let search: [NamedRows]
    private let all: [NamedRows]
    private let limit: Int

    /// The density that a search begins with where nobody named one.
    public static let usualDensity = CombinationSearch.usualDensity
    /// How many combinations are tried where nobody says so.
    public static let usualLimit = CombinationSearch.usualLimit

    /// - Parameters:
    ///   - search: rows on which weights and density are chosen, by the mean of the domains' losses; none: they stay as named.
    ///   - report: further rows, on which the result is measured alone.
    ///   - limit: the most combinations that are tried.
    /// - Throws: where two domains have one name.
    public init(search: [NamedRows], report: [NamedRows], limit: Int = Self.usualLimit) throws {
        guard limit > 0 else { throw Failure(.usage, "--search-limit \(limit): at least one combination is tried") }
        self.search = search
        all = search + report
        self.limit = limit
        for (index, rows) in all.enumerated() where all[..<index].contains(where: { $0.name == rows.name }) {
            throw Failure(
                .usage, "two files of rows are called \(path: rows.name)", hint: "name them: --data NAME=FILE")
        }
    }

    /// Reads the rows.
    func open(_ session: Session, _ observer: any RunObserver) throws {
        for rows in all { _ = try session.rows(of: rows.path, observer) }
    }

    /// Chooses, where there is a choice, puts what was chosen on the model, and measures it.
    func run(_ session: Session, _ observer: any RunObserver) throws {
        let mixed = try session.mixedAdapters(), model = try session.model()
        guard var settings = session.mixture?.settings else {
            throw Failure(.internal, "the session has no adapters to combine")
        }
        let domains = try all.map { try Domain($0, session, observer) }
        var weights = mixed.parts.map(\.named.weight)
        var found: CombinationTrialReport.Search?
        if !search.isEmpty {
            let trials = try trials(mixed, settings, Array(domains[..<search.count]), model, observer)
            guard let best = CombinationSearch.best(of: trials.map(\.trial)) else {
                throw Failure(.badInput, "no combination has a finite loss on the rows of --search")
            }
            (weights, settings.density) = (best.point.weights, best.point.density)
            found = .init(names: search.map(\.name), candidates: trials, chosen: best)
        }
        var attached = try mixed.attached(settings, weights: weights, to: model)
        let measured = try domains.map { try $0.measured(mixed, attached.set, model) }
        attached.combination?.trial = CombinationTrialReport(search: found, domains: measured)
        session.take(attached)
    }

    private func trials(
        _ mixed: MixedAdapters, _ settings: CombinationSettings, _ domains: [Domain], _ model: LanguageModel,
        _ observer: any RunObserver
    ) throws -> [CombinationTrialReport.Candidate] {
        var candidates: [CombinationTrialReport.Candidate] = []
        let start = CombinationSearch.Point(weights: mixed.parts.map(\.named.weight), density: settings.density)
        observer.receive(.stage("search", detail: "at most \(limit) combinations, by held-out loss"))
        _ = try CombinationSearch(limit: limit).trials(from: start) { point in
            var tried = settings
            tried.density = point.density
            let set = try mixed.combined(tried, weights: point.weights, for: model)
            let losses = try domains.map { try $0.loss(set, model) }
            let mean = losses.reduce(0, +) / Double(losses.count)
            candidates.append(.init(trial: (point, mean), losses: losses))
            observer.receive(
                .progress(
                    done: candidates.count, total: limit, unit: "combinations" + String(format: ", loss %.4f", mean)))
            return mean
        }
        return candidates
    }
}

/// Rows of one domain, ready to be scored.
private struct Domain {
    private let named: NamedRows
    private let rows: PreparedDataset
    private let learner: Learner
    private let workspace: Workspace
    private let observer: any RunObserver

    init(_ named: NamedRows, _ session: Session, _ observer: any RunObserver) throws {
        self.named = named
        self.observer = observer
        rows = try session.rows(of: named.path, observer)
        learner = try session.learner(CrossEntropyObjective())
        workspace = Workspace(reservingBytes: try session.evaluationBytes())
    }

    /// With the adapter `set`; nil: with none.
    func loss(_ set: AdapterSet?, _ model: LanguageModel) throws -> Double {
        if let set { set.attach(to: model) } else { model.adapters = .none }
        let scorer = ObservedEvaluator(
            learner, workspace: workspace, longest: rows.report.longestExample, observer: SilentObserver())
        guard let loss = try scorer.scores(of: rows.examples, unit: "examples").loss else {
            throw Failure(.badInput, "\(path: named.path): no row has a token to score", namedFile: named.path)
        }
        return loss
    }

    /// Base, each adapter by itself, and all of them together, which act on `model` afterwards.
    func measured(
        _ mixed: MixedAdapters, _ combined: AdapterSet, _ model: LanguageModel
    ) throws -> CombinationTrialReport.Domain {
        let base = try loss(nil, model)
        let alone = try mixed.parts.map { try loss($0.read.set, model) }
        return .init(
            rows: named, rowCount: rows.rows.count, targetTokens: rows.report.targetTokens, base: base, alone: alone,
            combined: try loss(combined, model))
    }
}
