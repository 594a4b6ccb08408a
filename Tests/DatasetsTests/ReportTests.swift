// The report of a data set: what it counts, and that it comes back from JSON as it was.

import Datasets
import Foundation
import TestSupport
import Testing
import Vocabulary

@Suite struct ReportTests {
    private let rows = (0..<40).map { row in
        #"{"text": "\#(String(repeating: "word ", count: 1 + row))", "label": "\#(row % 3 == 0 ? "ill" : "well")"}"#
    }.joined(separator: "\n")

    private func report(_ tooLong: TooLongRule, maxLength: Int = 30) throws -> DatasetReport {
        try prepare(
            "rows.jsonl", rows, .test(.classification, maxLength: maxLength, tooLong: tooLong), renderer: nil
        ).report
    }

    @Test func comesBackFromJSONAsItWas() throws {
        var report = try report(.truncate)
        report.input?.badRowKinds = [.ragged: 3, .syntax: 1, .wrongType: 2]
        report.input?.samples = [
            DatasetProblem(.ragged, RowPlace(file: "a\u{1}\".csv", line: 7), "<b>&\u{2028}", hint: nil)
        ]
        report.fullLengths.add(1 << 20)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let bytes = try encoder.encode(report)
        let again = try JSONDecoder().decode(DatasetReport.self, from: bytes)
        #expect(again == report)
        #expect(try encoder.encode(again) == bytes)
        #expect(!report.samples.sequences.isEmpty)
    }

    @Test func countsWhatWasCut() throws {
        let whole = try report(.truncate, maxLength: 1000)
        let cut = try report(.truncate)
        #expect(cut.truncatedRows > 0)
        #expect(cut.tokens + cut.truncatedTokens + cut.droppedTokens == whole.tokens)
        #expect(cut.fullLengths == whole.fullLengths)
        #expect(cut.fullLengths.total == 40)
        #expect(cut.maximumLength == 30)
        #expect(cut.fullLengths.total - cut.fullLengths.count(atMost: 30) == cut.truncatedRows)
        let dropped = try report(.drop)
        #expect(dropped.tokens + dropped.droppedTokens == whole.tokens)
        #expect(dropped.fullLengths == whole.fullLengths)
    }

    @Test func countsLabels() throws {
        let labels = try report(.truncate, maxLength: 1000).labels
        #expect(labels == [LabelCount(name: "ill", rows: 14), LabelCount(name: "well", rows: 26)])
    }

    @Test func samplesDoNotDependOnOrder() throws {
        func samples(_ order: [Int]) throws -> [SampledSequence] {
            let encoder = ToyEncoder()
            let builder = ExampleBuilder(
                encoder: encoder, renderer: nil, settings: .test(.text, maxLength: 20, tooLong: .truncate))
            var report = DatasetReport()
            for index in order {
                let row = DataRow(
                    content: .document(String(repeating: "ab ", count: 1 + index)),
                    place: RowPlace(file: "a.txt", line: index + 1), index: index)
                _ = try builder.examples(of: row, counting: &report)
            }
            return report.samples.sequences
        }
        let forward = try samples(Array(0..<100))
        #expect(forward.count >= 8)
        #expect(try samples(Array((0..<100).reversed())).map(\.ids) == forward.map(\.ids))
        #expect(forward.contains { $0.isTruncated })
    }

    @Test func longSequencesKeepTheirEnds() throws {
        let text = (0..<5000).map { "w\($0) " }.joined()
        let report = try prepare(
            "a.jsonl", #"{"text": "\#(text)"}"#, .test(.text, maxLength: 1 << 20), renderer: nil
        ).report
        let sample = try #require(report.samples.sequences.first)
        #expect(sample.ids.count == SampledSequence.largestTokenCount)
        #expect(sample.tokenCount == report.tokens)
        #expect(sample.targetCount == report.targetTokens)
        #expect(sample.gaps.map(\.index) == [SampledSequence.largestTokenCount - 512])
        #expect(sample.gaps.map(\.tokens) == [sample.omittedTokenCount])
    }

    /// Wherever an answer begins, its beginning is shown with what stands before it.
    @Test(arguments: [(3000, 5), (3000, 900), (3000, 4000), (1400, 4000), (1300, 2000)])
    func longSequencesKeepTheBeginningOfTheAnswer(promptWords: Int, answerWords: Int) throws {
        func text(_ letter: String, _ count: Int) -> String { (0..<count).map { "\(letter)\($0) " }.joined() }
        let report = try prepare(
            "a.jsonl",
            #"{"prompt": "\#(text("p", promptWords))", "completion": "\#(text("a", answerWords))"}"#,
            .test(.promptCompletion, maxLength: 1 << 20), renderer: nil
        ).report
        let sample = try #require(report.samples.sequences.first)
        #expect(sample.tokenCount == report.tokens)
        #expect(sample.targetCount == report.targetTokens)
        let isTarget = sample.isTarget
        let first = try #require(isTarget.firstIndex(of: true))
        // Nothing is left out in the 100 tokens before the answer and the 100 that begin it.
        #expect(first >= 100)
        #expect(!sample.gaps.contains { (first - 100...first + 100).contains($0.index) } || isTarget.count { $0 } < 100)
        #expect(sample.gaps.allSatisfy { $0.tokens > 0 })
        if sample.omittedTokenCount > 0 { #expect(sample.ids.count == SampledSequence.largestTokenCount) }
    }

    @Test func lengthsAreCountedInBins() {
        var counts = LengthCounts()
        for length in 0...20_000 { counts.add(length) }
        #expect(counts.total == 20_001)
        #expect(counts.count(atMost: 1000) == 1001)
        #expect(counts.count(atMost: 4096) == 4097)
        #expect(counts.count(atMost: 8192) == 8193)
        var next = 0
        for (lengths, count) in counts.ranges.dropLast() {
            #expect(lengths.lowerBound == next)
            #expect(lengths.count == count)
            next = lengths.upperBound + 1
        }
        #expect(abs(counts.quantile(0.5) - 10_000) < 128)
    }
}
