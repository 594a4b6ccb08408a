// What distillation was worth, in numbers with intervals and in one word.

internal import Evaluation
internal import Foundation
internal import JSON
internal import Objectives
internal import Recipes
internal import Spelling

/// A distilled student beside its teacher, itself before, and itself on labels alone, on the same held-out rows.
struct DistillationReport: Presentable {
    /// Who was measured.
    enum Role: String {
        case student, undistilled, labels, teacher

        var words: String {
            switch self {
            case .student: "student"
            case .undistilled: "undistilled"
            case .labels: "labels alone"
            case .teacher: "teacher"
            }
        }
    }

    /// One of them.
    struct Side {
        let role: Role
        let measured: MeasuredSide
        /// Of its weights as they are stored, and of its adapter.
        let bytes: Int
        /// How fast it reads.
        let tokensPerSecond: Double

        /// The loss, then each metric.
        var metrics: [RowMetric] { measured.all }
    }

    /// The student against another.
    private struct Against {
        let role: Role
        /// Of the loss, then of each metric that both have.
        let comparisons: [PairedComparison]
    }

    private let teacher: String
    private let sides: [Side]
    private let against: [Against]
    private let targets: Int
    private let margin: Double
    /// Whether answers were generated and compared.
    private let comparesText: Bool

    /// - Parameter sides: the student first.
    init(_ recipe: Recipe, teacher: String, sides: [Side], targets: Int, comparesText: Bool) {
        self.teacher = teacher
        self.sides = sides
        self.targets = targets
        self.comparesText = comparesText
        margin = recipe.distill.margin
        guard let student = sides.first else {
            against = []
            return
        }
        against = sides.dropFirst().map { other in
            let comparisons = student.metrics.compactMap { own in
                other.metrics.first { $0.isComparable(to: own) }.map {
                    PairedComparison(
                        base: $0, adapter: own, seed: UInt64(bitPattern: Int64(recipe.seed)),
                        sampleCount: recipe.evaluate.bootstrapSamples)
                }
            }
            return Against(role: other.role, comparisons: comparisons)
        }
    }

    // MARK: The verdict

    /// Why the student is not good, a line each.
    var faults: [String] {
        var faults: [String] = []
        for other in against where other.role != .teacher {
            guard let loss = other.comparisons.first, loss.verdict != .better else { continue }
            faults.append("its loss is not better than \(Self.possessive(other.role))")
        }
        for other in against where other.role == .teacher || other.role == .undistilled {
            for metric in other.comparisons.dropFirst()
            where metric.higherIsBetter {
                guard let difference = metric.difference, Self.share(difference, of: metric.metric) < -margin else {
                    continue
                }
                faults.append(
                    "\(metric.metric) is \(Self.number(-difference)) below \(Self.possessive(other.role)), and "
                        + "distill.margin is \(margin)")
            }
        }
        return faults
    }

    /// "good", "good by loss alone" where no text was compared, or "not good".
    var verdict: String { !faults.isEmpty ? "not good" : comparesText ? "good" : "good by loss alone" }

    /// How much of the teacher's lead in loss the student has made up for; nil where the teacher has none.
    var shareOfLead: Double? {
        func loss(_ role: Role) -> Double? { sides.first { $0.role == role }?.measured.scores.loss }
        guard let student = loss(.student), let before = loss(.undistilled), let teacher = loss(.teacher),
            teacher < before
        else { return nil }
        return (before - student) / (before - teacher)
    }

    /// A difference as a share of what the metric can be: some go to 100.
    private static func share(_ difference: Double, of metric: String) -> Double {
        EvaluationMetric(rawValue: metric)?.isPercentage == true ? difference / 100 : difference
    }

    private static func possessive(_ role: Role) -> String {
        switch role {
        case .student: "its own"
        case .undistilled: "that of the undistilled student"
        case .labels: "that of the same student on labels alone"
        case .teacher: "the teacher's"
        }
    }

    private static func number(_ value: Double) -> String { String(format: "%.4f", value) }

    // MARK: Form

    var json: JSONValue {
        var object = JSONObject([
            ("teacher", .string(teacher)), ("rows", .integer(sides.first?.measured.scores.rows.count ?? 0)),
            ("target_tokens", .integer(targets)),
            ("sides", .object(JSONObject(sides.map { ($0.role.rawValue, Self.json($0)) }))),
            (
                "student_against",
                .object(
                    JSONObject(
                        against.map { other in
                            (
                                other.role.rawValue,
                                .object(JSONObject(other.comparisons.map { ($0.metric, Self.json($0)) }))
                            )
                        }))
            ),
        ])
        if let shareOfLead { object["share_of_lead"] = .double(shareOfLead) }
        object["margin"] = .double(margin)
        object["verdict"] = .string(verdict)
        if !faults.isEmpty { object["faults"] = .array(faults.map { .string($0) }) }
        return .object(object)
    }

    private static func json(_ side: Side) -> JSONValue {
        .object(
            JSONObject(
                side.metrics.map { ($0.name, $0.value.map { .double($0) } ?? .null) } + [
                    ("bytes", .integer(side.bytes)), ("tokens_per_second", .double(side.tokensPerSecond)),
                ]))
    }

    private static func json(_ comparison: PairedComparison) -> JSONValue {
        [
            "difference": comparison.difference.map { .double($0) } ?? .null,
            "ci95": comparison.ci95.map { [.double($0.lowerBound), .double($0.upperBound)] } ?? .null,
            "verdict": comparison.verdict.map { .string($0.rawValue) } ?? .null, "rows": .integer(comparison.rowCount),
        ]
    }

    var text: String {
        let lead = shareOfLead.map { String(format: "; %.0f%% of the teacher's lead", 100 * $0) } ?? ""
        return
            (["distilled from \(ShownText.name(teacher))"] + unmeasured + table + against.flatMap(Self.lines)
            + ["distillation: " + verdict + lead] + faults.map { "  " + $0 })
            .joined(separator: "\n")
    }

    /// That nothing here is held against the teacher.
    private var unmeasured: [String] {
        sides.contains { $0.role == .teacher } ? [] : ["the teacher, who wrote answers, was not measured"]
    }

    private var table: [String] {
        func row(_ name: String, _ cells: [String]) -> String {
            name.padding(toLength: 18, withPad: " ", startingAt: 0)
                + cells.map { String(repeating: " ", count: max(1, 14 - $0.count)) + $0 }.joined()
        }
        let names = sides.first?.metrics.map(\.name) ?? []
        return [row("", sides.map(\.role.words))]
            + names.map { name in
                row(
                    name.replacingOccurrences(of: "_", with: " "),
                    sides.map { side in
                        side.metrics.first { $0.name == name }?.value.map(Self.number) ?? "–"
                    })
            } + [
                row("bytes", sides.map { ByteCount.text($0.bytes) }),
                row("tokens/s", sides.map { String(format: "%.0f", $0.tokensPerSecond) }),
            ]
    }

    private static func lines(_ other: Against) -> [String] {
        other.comparisons.map { comparison in
            let interval =
                comparison.ci95.map { String(format: "95%% interval %+.4f to %+.4f", $0.lowerBound, $0.upperBound) }
                ?? "no interval"
            return "student against \(other.role.words): \(comparison.metric) "
                + "\(ComparedRows.shown(comparison.difference)), " + interval
                + (comparison.verdict.map { ": \($0.rawValue)" } ?? "")
        }
    }
}
