import Foundation
import JSON
import Recipes
import Testing
import Workbench

/// Rules of a run's health, on runs that were recorded (`scripts/goldens/health_runs.py`).
struct HealthTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/health")

    private static func log(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent(name + ".jsonl")))
    }

    private static func findings(_ name: String) throws -> [HealthFinding] {
        HealthRules.findings(inLog: try log(name))
    }

    /// What each faulty run is told, and the key that helps. Nothing else is told of it.
    static let faults: [(run: String, name: String, key: String)] = [
        ("rate-high-reviews", "rate_too_high", "train.learning_rate"),
        ("rate-high-smol", "rate_too_high", "train.learning_rate"),
        ("rate-low-smol", "rate_too_low", "train.learning_rate"),
        ("rate-low-reviews", "rate_too_low", "train.learning_rate"),
        ("labels-shuffled", "loss_at_chance", "data.train"),
        ("rows-repeated", "rows_repeated", "data.steps"),
        ("answers-same", "answers_alike", "data.steps"),
        ("masks-empty", "masks_empty", "data.max_length"),
        ("held-out-other", "held_out_unlike", "data.held_out"),
        ("row-giant", "rows_heavy", "data.steps"),
        ("rows-strange", "rows_heavy", "data.steps"),
        ("adapter-frozen", "adapter_still", "train.learning_rate"),
        ("adapter-without-scale", "adapter_still", "adapter.alpha"),
        ("clipped", "gradients_clipped", "train.max_grad_norm"),
        ("answers-cut", "answers_cut", "data.max_length"),
        ("warm-up", "warm_up_too_long", "train.warmup_steps"),
        ("overfitting", "overfitting", "train.epochs"),
        ("overfitting-reviews", "overfitting", "train.epochs"),
        ("held-out-leaks", "held_out_leaks", "data.leakage"),
        ("numbers-broken", "broken_numbers", "train.learning_rate"),
    ]

    @Test(arguments: faults.map(\.run)) func aFaultIsDiagnosed(run: String) throws {
        let fault = try #require(Self.faults.first { $0.run == run })
        let found = try Self.findings(run)
        #expect(found.map(\.name) == [fault.name], "\(found.map(\.line))")
        let finding = try #require(found.first)
        #expect(finding.key == fault.key && !finding.evidence.isEmpty)
        #expect(finding.words.contains { $0.isNumber } && !finding.advice.isEmpty)
    }

    /// Each file of a sound run: none of them is told anything.
    @Test func soundRunsRaiseNoAlarm() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasPrefix("sound-") }.map { String($0.dropLast(".jsonl".count)) }.sorted()
        #expect(names.count >= 10)
        for name in names {
            let found = try Self.findings(name)
            #expect(found == [], "\(name): \(found.map(\.line))")
        }
    }

    /// A live run is looked at after each step: nothing is said of a sound one at any of them.
    @Test func soundRunsRaiseNoAlarmOnTheWay() throws {
        for name in ["sound-tiny", "sound-reviews", "sound-smol-retail"] {
            let lines = try Self.log(name).split(separator: UInt8(ascii: "\n"))
            for count in lines.indices.dropFirst(2) {
                let part = Array(lines.prefix(count).joined(separator: [UInt8(ascii: "\n")]))
                let found = HealthRules.findings(inLog: part)
                #expect(found == [], "\(name) after \(count) lines: \(found.map(\.line))")
            }
        }
    }

    /// Keys that findings send people to are keys of recipes.
    @Test(arguments: faults.map(\.key)) func aKeyIsAKey(key: String) {
        #expect(Recipe.keyPaths.contains(key))
    }

    /// A log without what newer versions tell is read as well as it can be.
    @Test func olderLogsAreRead() throws {
        let bare = try String(decoding: Self.log("rate-high-smol"), as: UTF8.self).split(separator: "\n")
            .filter { !$0.contains("run_facts") }
            .map { $0.replacing(#/,"(expected_change|update_ratio)":[-+.e0-9]+/#, with: "") }
        let found = HealthRules.findings(inLog: Array(bare.joined(separator: "\n").utf8))
        #expect(found.map(\.name) == ["rate_too_high"])
        #expect(HealthRules.findings(inLog: []) == [])
        #expect(HealthRules.findings(inLog: Array("{\"event\":\"step\"".utf8)) == [])
    }

    // MARK: Runs that are made

    /// A log of steps with fields of their own.
    private func log(
        _ steps: Int, facts: JSONObject = JSONObject(), evaluated: [(step: Int, loss: Double)] = [],
        _ fields: (Int) -> KeyValuePairs<String, Double>
    ) -> [UInt8] {
        var defaults = JSONObject()
        for (key, value) in Self.plainFacts { defaults[key] = facts[key] ?? value }
        var lines = [JSONValue.object(defaults)]
        lines.append(["event": "training_started", "from_step": 0, "total_steps": .integer(steps), "examples": 100])
        for step in 1...steps {
            var line = JSONObject()
            for (key, value) in [
                ("event", JSONValue.string("step")), ("step", .integer(step)), ("loss", .double(2 / Double(step))),
                ("learning_rate", .double(1e-4)), ("gradient_norm", .double(1)), ("tokens", .integer(10)),
                ("target_tokens", .integer(5)),
            ] { line[key] = value }
            for (key, value) in fields(step) { line[key] = .double(value) }
            lines.append(.object(line))
        }
        for (step, loss) in evaluated {
            lines.append(["event": "evaluated", "step": .integer(step), "loss": .double(loss)])
        }
        lines.append(["event": "finished", "step": .integer(steps), "loss": 1, "seconds": 1])
        return Array(lines.map { $0.text() }.joined(separator: "\n").utf8)
    }

    private static let plainFacts: [(String, JSONValue)] = [
        ("event", "run_facts"), ("task", "generate"), ("objective", "dpo"), ("learning_rate", 0.0001),
        ("lr_scheduler", "constant"), ("warmup_steps", 0), ("total_steps", 40), ("batch_size", 8), ("goes_on", false),
        ("rows", .object(emptyRows)),
    ]

    private static var emptyRows: JSONObject {
        var rows = JSONObject()
        for name in rowFacts { rows[name] = .integer(0) }
        (rows["largest"], rows["most_repeated"]) = ("", "")
        return rows
    }

    private static let rowFacts = [
        "rows", "rows_without_target", "rows_with_cut_answer", "answers_left_out", "rows_added", "units", "tokens",
        "target_tokens", "repeated", "most_repeats", "largest_share", "distinct_answers", "commonest_answer_share",
        "empty_answers", "equal_pairs", "chosen_tokens", "rejected_tokens", "held_out", "held_out_in_training",
        "held_out_unseen", "training_unseen",
    ]

    private func names(_ log: [UInt8]) -> [String] { HealthRules.findings(inLog: log).map(\.name) }

    @Test func pairsThatAreTossedAreStuck() {
        let stuck = log(40) { ["loss": 0.693, "rewards_accuracy": $0 % 2 == 0 ? 0.375 : 0.625, "rewards_margin": 0] }
        #expect(names(stuck) == ["preference_stuck"])
        let learnt = log(40) { ["rewards_accuracy": 0.5 + 0.01 * Double($0), "rewards_margin": 0.02 * Double($0)] }
        #expect(names(learnt) == [])
    }

    @Test func bothAnswersThatFallAreToldOf() {
        func run(chosen: Double) -> [UInt8] {
            log(40) { step in
                let share = Double(step) / 40
                return [
                    "rewards_accuracy": 0.9, "rewards_chosen": chosen * share, "rewards_rejected": -6 * share,
                    "rewards_margin": (chosen + 6) * share,
                ]
            }
        }
        #expect(names(run(chosen: -4)) == ["chosen_falls"])
        // Rejected answers lose, and chosen ones a little.
        #expect(names(run(chosen: -1)) == [])
    }

    @Test func aRateThatEndsEarlyIsToldOf() {
        #expect(names(log(40) { ["learning_rate": $0 > 25 ? 1e-9 : 1e-4] }) == ["rate_ends_early"])
        // A cosine that ends with the run.
        #expect(names(log(40) { ["learning_rate": 1e-4 * (1 + cos(.pi * Double($0) / 40))] }) == [])
    }

    @Test func lengthThatDriftsIsToldOf() {
        #expect(names(log(40) { ["cut_off": Double($0) / 40] }) == ["length_drift"])
        #expect(names(log(40) { ["cut_off": 0.1 * Double($0 % 3)] }) == [])
    }

    @Test func rewardsThatDoNotDifferAreToldOf() {
        #expect(
            names(log(40) { _ in ["groups_without_spread": 1, "reward": 0, "gradient_norm": 0] }) == ["rewards_alike"])
        #expect(names(log(40) { ["groups_without_spread": Double($0 % 2), "reward": 0.5] }) == [])
    }

    @Test func aLossThatStaysIsToldOf() {
        let flat = log(40) { ["loss": 2 + 0.1 * sin(Double($0) * 2.4), "expected_change": -0.2, "update_ratio": 0.01] }
        #expect(names(flat) == ["loss_flat"])
        let falling = log(40) { ["loss": 2 - 0.02 * Double($0), "expected_change": -0.2, "update_ratio": 0.01] }
        #expect(names(falling) == [])
    }

    // MARK: Adapters that stay

    @Test func anAdapterThatStaysIsToldWhy() {
        func key(_ fields: @escaping (Int) -> KeyValuePairs<String, Double>) -> [String] {
            let found = HealthRules.findings(inLog: log(40, fields))
            return found.map { "\($0.name) \($0.key)" }
        }
        #expect(key { _ in ["learning_rate": 0] } == ["adapter_still train.learning_rate"])
        #expect(key { _ in ["gradient_norm": 0] } == ["adapter_still adapter.target_modules"])
        #expect(
            key { _ in ["expected_change": -1e-9, "update_ratio": 1e-9] } == ["adapter_still train.learning_rate"])
        // It moves, and the model does not hear it.
        #expect(key { _ in ["expected_change": -1e-9, "update_ratio": 0.01] } == ["adapter_still adapter.alpha"])
        #expect(key { _ in ["expected_change": -0.1, "update_ratio": 0.01] } == [])
    }

    @Test func aRateThatClimbsStillMayBeSmall() {
        let warm = log(40, facts: JSONObject([("warmup_steps", .integer(10))])) { _ in
            ["expected_change": -1e-9, "update_ratio": 1e-9]
        }
        func names(afterStep step: Int) -> [String] {
            let lines = warm.split(separator: UInt8(ascii: "\n")).prefix(2 + step)
            return self.names(Array(lines.joined(separator: [UInt8(ascii: "\n")])))
        }
        #expect(names(afterStep: 10) == [])
        #expect(names(afterStep: 11) == ["adapter_still"])
    }

    // MARK: Rows that were counted

    /// Of counts that stand in the log before the first step.
    private func names(rows: [(String, Int)], _ facts: [JSONObject.Member] = [], loss: Double? = nil) -> [String] {
        var counts = Self.emptyRows
        for (name, count) in rows { counts[name] = .integer(count) }
        let run = log(40, facts: JSONObject(facts + [("rows", .object(counts))])) { step in
            ["loss": loss ?? 2 / Double(step)]
        }
        return HealthRules.findings(inLog: run).map { "\($0.name) \($0.key)" }
    }

    @Test func rowsThatTeachNothingAreToldOf() {
        let text: [JSONObject.Member] = [("objective", .string("cross_entropy"))]
        #expect(names(rows: [], text, loss: 0.01) == ["rows_known data.train"])
        #expect(
            names(rows: [], text + [("goes_on", .bool(true))], loss: 0.01) == ["rows_known adapter.continue_from"])
        #expect(names(rows: [], text, loss: 0.1) == [])
        let answers = [("units", 40), ("distinct_answers", 30)]
        #expect(names(rows: answers + [("empty_answers", 4)]) == ["masks_empty data.steps"])
        #expect(names(rows: answers + [("empty_answers", 1)]) == [])
    }

    @Test func pairsThatDifferInLengthAreToldOf() {
        let pairs = [("units", 20), ("rejected_tokens", 100)]
        #expect(names(rows: pairs + [("chosen_tokens", 300)]) == ["length_drift data.train"])
        #expect(names(rows: pairs + [("chosen_tokens", 40)]) == ["length_drift data.train"])
        #expect(names(rows: pairs + [("chosen_tokens", 150)]) == [])
    }

    @Test func rowsThatWereRepeatedOnPurposeAreNoRepeats() {
        let repeated = [("units", 40), ("repeated", 10), ("most_repeats", 3)]
        #expect(names(rows: repeated) == ["rows_repeated data.steps"])
        #expect(names(rows: repeated + [("rows_added", 10)]) == [])
    }

    // MARK: Rates that only look too high

    /// What is learnt of answers of the model's own has no course.
    @Test func aLossOfOwnAnswersThatDriftsIsNoRate() {
        let drifting = log(40, facts: JSONObject([("objective", .string("grpo"))])) { ["loss": 0.01 * Double($0)] }
        #expect(names(drifting) == [])
    }

    @Test func anEasyFirstRowIsNoStart() {
        let easy = [0.4, 2.0, 1.8, 2.2, 1.9, 2.1, 2.0, 1.7, 2.0, 1.9, 1.8, 1.9]
        #expect(names(log(12) { ["loss": easy[$0 - 1]] }) == [])
        let rising = [2.0, 2.1, 2.0, 5, 9, 9, 9, 9, 9, 9, 9, 9]
        #expect(names(log(12) { ["loss": rising[$0 - 1]] }) == ["rate_too_high"])
    }

    /// 100 rows are 13 steps of 8: after these, held-out rows that are worse may be those of a run that knows its rows by heart.
    @Test func heldOutRowsAreOfAnotherKindOnlyWhereTrainingRowsWereNew() {
        func run(evaluated step: Int) -> [UInt8] {
            log(40, evaluated: [(step, 3.5)]) { ["loss": 2 - 0.02 * Double($0)] }
        }
        #expect(names(run(evaluated: 13)) == ["held_out_unlike"])
        #expect(names(run(evaluated: 40)) == ["overfitting"])
    }
}
