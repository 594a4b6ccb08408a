// Captures of a small trained model: the bytes of the file, what it says as a teacher, and what is refused.

import Distillation
import Datasets
import Files
import Foundation
import Models
import Objectives
import Tensors
import TestSupport
import Testing

/// A model, rows, and captures of them.
struct CaptureFixture {
    let model: LanguageModel
    let folder: URL
    var seed = 3

    init(_ folder: URL) throws {
        let source = try openWeights(TinyModel.base)
        model = try LanguageModel(configuration: try ModelConfiguration(of: source), weights: source, precision: .f32)
        self.folder = folder
    }

    var url: URL { folder.appendingPathComponent("capture.h5") }

    /// Rows of several lengths; the sixth again as the tenth, and one that carries no loss.
    static func examples(_ count: Int) -> [TokenizedExample] {
        (0..<count).map { number in
            let index = number == 9 ? 5 : number, length = 4 + (index * 7) % 19
            return TokenizedExample(
                ids: (0..<length).map { Int32(($0 * $0 * 5 + index * 31) % 500 + 3) },
                isTarget: (0..<length).map { $0 > 1 + index % 3 && number != 7 },
                place: RowPlace(file: "rows.jsonl", line: number + 1), index: number)
        }
    }

    func identity(_ method: CaptureMethod = .sampled(tokens: 12)) -> CaptureIdentity {
        CaptureIdentity(
            teacher: String(repeating: "a", count: 64), teacherAdapter: nil, context: nil, tokenizer: "tokens",
            template: nil, vocabularySize: model.configuration.vocabularySize, method: method, temperature: 1,
            seed: seed, precision: "fp32")
    }

    struct Killed: Error {}

    /// Captures `examples`; is killed after so many batches.
    func capture(
        _ examples: [TokenizedExample], _ method: CaptureMethod = .sampled(tokens: 12), rowLimit: Int = 60,
        killedAfter batches: Int = .max, at url: URL? = nil, context: [Int32] = [], isShared: Bool = false
    ) throws -> Capture.Outcome {
        let reader = DistributionReader(
            model, method, temperature: 1, seed: UInt64(seed), workspace: Workspace())
        var left = batches
        return try Capture(at: url ?? self.url, of: identity(method), isShared: isShared).run(
            .init(
                examples: examples, count: examples.count, digest: "\(examples.count)", longestContext: context.count,
                read: { try Self.after(context, $0, of: examples) }), reader: reader,
            rowLimit: rowLimit
        ) { _ in
            left -= 1
            if left == 0 { throw Killed() }
        }
    }

    /// What a teacher reads that is given `context` first: computed once for all, where there is any.
    static func after(_ context: [Int32], _ batch: TokenBatch, of examples: [TokenizedExample]) throws -> TokenBatch {
        guard !context.isEmpty else { return batch }
        let numbers = try #require(batch.sequences)
        return TokenBatch([
            Alternatives(
                numbers.map { number in
                    (
                        ids: context + examples[number].ids,
                        isTarget: context.map { _ in false } + examples[number].isTarget
                    )
                })
        ])
    }

    func bytes(_ url: URL? = nil) throws -> [UInt8] { try WholeFile.bytes((url ?? self.url).path) }

    /// What the capture at `url` says of `examples`.
    func targets(_ file: CaptureFile, _ examples: [TokenizedExample]) throws -> TeacherTargets {
        let pass = try model.pass(
            TokenBatch(examples: examples.map { ($0.ids, $0.isTarget) }), workspace: Workspace())
        return try file.withTargets(pass) { $0 }
    }
}

@Suite struct CaptureTests {
    @Test(arguments: [CaptureMethod.sampled(tokens: 12), .topK(k: 8), .topK(k: 512)])
    func aKilledCaptureGoesOnToTheSameBytes(method: CaptureMethod) throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let examples = CaptureFixture.examples(40)
            let straight = try fixture.capture(examples, method)
            let expected = try fixture.bytes()
            #expect(straight.known == 0)
            #expect(straight.computed == 37 && straight.file.rows == 40 && straight.file.sequences == 38)
            #expect(straight.file.targets == examples.reduce(0) { $0 + $1.targetCount })
            for moment in 1...10 {
                let url = folder.appendingPathComponent("killed-\(moment).h5")
                #expect(throws: CaptureFixture.Killed.self) {
                    try fixture.capture(examples, method, rowLimit: 45, killedAfter: moment, at: url)
                }
                #expect(!FileManager.default.fileExists(atPath: url.path))
                // Of the last record only a part arrived.
                let journal = url.path + ".journal"
                let size = try WholeFile.bytes(journal).count
                if moment % 2 == 0 { #expect(truncate(journal, off_t(size - 7 * moment)) == 0) }
                let outcome = try fixture.capture(examples, method, rowLimit: 70, at: url)
                #expect(outcome.computed < 37 && outcome.computed + outcome.known == 37)
                #expect(try fixture.bytes(url) == expected)
                #expect(!FileManager.default.fileExists(atPath: journal))
            }
        }
    }

    @Test(arguments: [CaptureMethod.sampled(tokens: 5), .topK(k: 3)])
    func moreRowsAreAddedAndNoneIsComputedTwice(method: CaptureMethod) throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let examples = CaptureFixture.examples(30)
            let all = folder.appendingPathComponent("all.h5")
            _ = try fixture.capture(examples, method, rowLimit: 1000, at: all)
            #expect(try fixture.capture(Array(examples[..<12]), method).computed == 10)
            #expect(try fixture.capture(examples, method).computed == 18)
            #expect(try fixture.bytes() == fixture.bytes(all))
            // Nothing is left to do, and nothing is written.
            let before = try FileManager.default.attributesOfItem(atPath: fixture.url.path)[.modificationDate] as? Date
            #expect(try fixture.capture(examples, method).computed == 0)
            let after = try FileManager.default.attributesOfItem(atPath: fixture.url.path)[.modificationDate] as? Date
            #expect(before == after)
            // Fewer rows, in another order.
            #expect(try fixture.capture(examples.reversed().suffix(20), method).computed == 0)
        }
    }

    /// Students with rows of their own at one place: nothing is dropped, and nothing is computed twice.
    @Test func whatOthersHaveAtASharedPlaceStays() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let all = CaptureFixture.examples(30), first = Array(all[..<20]), second = Array(all[12...])
            #expect(try fixture.capture(first, isShared: true).computed == 18)
            let outcome = try fixture.capture(second, isShared: true)
            #expect(outcome.computed == 10 && outcome.known == 8)
            #expect(outcome.targets == second.reduce(0) { $0 + $1.targetCount })
            let bytes = try fixture.bytes()
            for examples in [first, second, all] {
                #expect(try fixture.capture(examples, isShared: true).computed == 0)
                try CaptureFile(fixture.url).require(examples)
            }
            #expect(try fixture.bytes() == bytes)
            // Where nobody else has any, what is no longer asked for goes.
            #expect(try fixture.capture(second).computed == 0)
            #expect(throws: CaptureError.self) { try CaptureFile(fixture.url).require(first) }
        }
    }

    /// What a file needs beside its numbers: each of a few thousand targets would pay for it.
    @Test func aSmallCaptureIsSmall() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let examples = CaptureFixture.examples(12)
            let outcome = try fixture.capture(examples)
            #expect(outcome.bytes == (try fixture.bytes().count))
            #expect(outcome.bytes < 24_000 + 42 * outcome.file.targets)
        }
    }

    @Test func aTeacherSaysWhatTheModelPredicts() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let examples = CaptureFixture.examples(12)
            let file = try fixture.capture(examples, .topK(k: 512)).file
            let batch = [examples[4], examples[11], examples[7], examples[0]]
            guard case .topK(let rows, let rests) = try fixture.targets(file, batch) else {
                Issue.record("another form")
                return
            }
            let tokens = TokenBatch(examples: batch.map { ($0.ids, $0.isTarget) })
            let logits = try fixture.model.logits(tokens, workspace: Workspace())
            #expect(
                rows.count == tokens.targetCount && rests.allSatisfy { $0 == -.infinity } && rests.count == rows.count)
            for (number, row) in tokens.targetRows.enumerated() {
                let own = TestRows([Array(logits[Int(row) * 512..<Int(row + 1) * 512])])
                #expect(
                    maximumDifference(Array(rows.values(number)), own.logProbabilities().map { Float($0) }) < 1e-5)
            }
        }
    }

    /// The few that are kept are those of the whole, and the rest is what is left.
    @Test func theLikeliestAreThoseOfTheWhole() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let examples = CaptureFixture.examples(6)
            let whole = try fixture.capture(examples, .topK(k: 512)).file
            let few = try fixture.capture(examples, .topK(k: 4), at: folder.appendingPathComponent("few.h5")).file
            guard case .topK(let all, _) = try fixture.targets(whole, examples),
                case .topK(let some, let rests) = try fixture.targets(few, examples)
            else {
                Issue.record("another form")
                return
            }
            for row in 0..<all.count {
                let values = Array(all.values(row))
                let order = values.indices.sorted { values[$0] > values[$1] }.prefix(4).sorted()
                #expect(Array(some.columns(row)) == order.map { Int32($0) })
                #expect(Array(some.values(row)) == order.map { values[$0] })
                let rest = log(
                    values.indices.filter { !order.contains($0) }.reduce(0.0) { $0 + exp(Double(values[$1])) })
                #expect(abs(Double(rests[row]) - rest) < 1e-4)
            }
        }
    }

    /// Over many seeds the shares of a sequence's tokens come to the model's probabilities.
    @Test func drawsOfManySeedsComeToTheDistribution() throws {
        try withTemporaryDirectory { folder in
            var fixture = try CaptureFixture(folder)
            let examples = Array(CaptureFixture.examples(2).suffix(1))
            let whole = try fixture.capture(examples, .topK(k: 512)).file
            guard case .topK(let all, _) = try fixture.targets(whole, examples) else {
                Issue.record("another form")
                return
            }
            var sums = [[Double]](repeating: .init(repeating: 0, count: 512), count: all.count)
            let seeds = 60
            var kinds = Set<[Float]>()
            for seed in 0..<seeds {
                fixture.seed = seed
                let file = try fixture.capture(examples, at: folder.appendingPathComponent("\(seed).h5")).file
                guard case .sampled(let rows) = try fixture.targets(file, examples) else {
                    Issue.record("another form")
                    return
                }
                kinds.insert(rows.values)
                for row in 0..<rows.count {
                    #expect(abs(rows.values(row).reduce(0, +) - 1) < 1e-5)
                    for (column, value) in zip(rows.columns(row), rows.values(row)) {
                        sums[row][Int(column)] += Double(value) / Double(seeds)
                    }
                }
            }
            #expect(kinds.count > seeds / 2)
            for row in 0..<all.count {
                for (token, value) in all.values(row).enumerated() {
                    let expected = exp(Double(value))
                    // At least twelve tokens or eight times as many draws: the scatter of a share is below √(p / 12).
                    let bound = 5 * (expected / 12 / Double(seeds)).squareRoot() + 2 / Double(12 * seeds)
                    #expect(abs(sums[row][token] - expected) < bound)
                }
            }
        }
    }

    @Test func whatTheTeacherReadsMayBeLonger() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let examples = CaptureFixture.examples(5)
            let context: [Int32] = [9, 8, 7]
            let read = examples.map { example in
                TokenizedExample(
                    ids: context + example.ids, isTarget: context.map { _ in false } + example.isTarget,
                    place: example.place, index: example.index)
            }
            let file = try fixture.capture(examples, .topK(k: 512), context: context).file
            // In other batches the same bits.
            let other = folder.appendingPathComponent("other.h5")
            _ = try fixture.capture(examples, .topK(k: 512), rowLimit: 20, at: other, context: context)
            #expect(try fixture.bytes(other) == fixture.bytes())
            let alone = try fixture.capture(read, .topK(k: 512), at: folder.appendingPathComponent("alone.h5")).file
            guard case .topK(let rows, _) = try fixture.targets(file, examples),
                case .topK(let others, _) = try fixture.targets(alone, read)
            else {
                Issue.record("another form")
                return
            }
            #expect(maximumDifference(rows.values, others.values) < 1e-5)
        }
    }

    @Test func anotherTeacherIsRefusedByItsKey() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            _ = try fixture.capture(CaptureFixture.examples(3))
            let same = fixture.identity()
            let changes: [(key: String, isOfDraws: Bool, change: (inout CaptureIdentity) -> Void)] = [
                ("distill.teacher", false, { $0.teacher = String(repeating: "b", count: 64) }),
                ("distill.teacher_adapter", false, { $0.teacherAdapter = "x" }),
                ("distill.context", false, { $0.context = "x" }), ("vocabulary", false, { $0.tokenizer = "x" }),
                ("chat template", false, { $0.template = "x" }), ("vocabulary size", false, { $0.vocabularySize = 9 }),
                ("distill.keep", false, { $0.method = .topK(k: 3) }),
                ("distill.tokens", false, { $0.method = .sampled(tokens: 3) }),
                ("distill.temperature", false, { $0.temperature = 2 }), ("seed", true, { $0.seed = 5 }),
                ("model.precision", true, { $0.precision = "bf16" }),
            ]
            let file = try CaptureFile(fixture.url)
            try file.require(same)
            for (key, isOfDraws, change) in changes {
                var other = same
                change(&other)
                func isKey(_ error: any Error) -> Bool {
                    if case .differs(_, key, _, _)? = error as? CaptureError { true } else { false }
                }
                #expect { try Capture(at: fixture.url, of: other).requirePlace() } throws: { isKey($0) }
                if isOfDraws {
                    try file.require(other)
                } else {
                    #expect { try file.require(other) } throws: { isKey($0) }
                }
                // So does the journal of one that was killed.
                let url = folder.appendingPathComponent("journal-\(key).h5")
                _ = try? fixture.capture(CaptureFixture.examples(9), killedAfter: 1, at: url)
                #expect { try CaptureJournal(of: url, other) } throws: { isKey($0) }
            }
        }
    }

    @Test func aDamagedCaptureIsNamed() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let examples = CaptureFixture.examples(8)
            let file = try fixture.capture(examples).file
            try file.require(examples)
            #expect { try file.require(CaptureFixture.examples(12)) } throws: { error in
                error as? CaptureError == .notCaptured(file: fixture.url.path, place: "rows.jsonl:9")
            }
            #expect { try fixture.targets(file, [CaptureFixture.examples(12)[10]]) } throws: { error in
                if case .notCaptured? = error as? CaptureError { true } else { false }
            }
            let bytes = try fixture.bytes()
            for place in [600, bytes.count / 2, bytes.count - 1] {
                var damaged = bytes
                damaged[place] ^= 4
                try Data(damaged).write(to: fixture.url)
                #expect { try CaptureFile(fixture.url) } throws: { error in
                    if case .damaged(fixture.url.path, _)? = error as? CaptureError { true } else { false }
                }
            }
            try Data(bytes.dropLast(9)).write(to: fixture.url)
            #expect(throws: CaptureError.self) { try CaptureFile(fixture.url) }
            try Data("something else".utf8).write(to: fixture.url)
            #expect { try CaptureFile(fixture.url) } throws: { error in
                if case .foreign? = error as? CaptureError { true } else { false }
            }
            // What a person put there is not replaced.
            #expect(throws: PlaceError.self) { try fixture.capture(examples) }
        }
    }

    /// Whoever knows how captures are sealed can write one that says what no teacher did.
    @Test(arguments: [(targets: 1, tokens: 512), (targets: 0, tokens: 600), (targets: 0, tokens: 511)])
    func whatDoesNotFitItsSequenceIsNamed(more targets: Int, tokens: Int) throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder), examples = CaptureFixture.examples(8)
            #expect(throws: CaptureFixture.Killed.self) {
                try fixture.capture(examples, .topK(k: 512), rowLimit: 20, killedAfter: 1)
            }
            let place = folder.appendingPathComponent("capture.h5.journal")
            // A sequence as the journal has it: a head, then a number a target and one an entry.
            let count = examples[0].targetCount + targets, entries = count * tokens, bytes = 24 + 4 * (count + entries)
            var record: [UInt8] = []
            for number in [examples[0].captureDigest, UInt64(bytes), UInt64(count) << 32 | UInt64(entries)] {
                withUnsafeBytes(of: number.littleEndian) { record += $0 }
            }
            record += [UInt8](repeating: 0, count: bytes - record.count)
            _ = try Journal(place, about: Journal.subject(of: place)) { _, _ in }.append(record)
            let file = try fixture.capture(examples, .topK(k: 512)).file
            #expect { try fixture.targets(file, [examples[0]]) } throws: { error in
                if case .damaged(fixture.url.path, _)? = error as? CaptureError { true } else { false }
            }
            _ = try fixture.targets(file, [examples[1]])
        }
    }

    /// Numbers that run away are no distribution.
    @Test func aPredictionThatIsNoNumberIsNamed() throws {
        try withTemporaryDirectory { folder in
            let fixture = try CaptureFixture(folder)
            let reader = DistributionReader(
                fixture.model, .sampled(tokens: 3), temperature: 0x1p-140, seed: 1, workspace: Workspace())
            let examples = CaptureFixture.examples(3)
            #expect { try reader.sequences(examples, numbers: [0, 1, 2]) } throws: { error in
                error as? CaptureError == .notFinite(place: "rows.jsonl:1")
            }
        }
    }
}
