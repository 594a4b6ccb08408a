import Datasets
import TestSupport
import Testing

@Suite struct EpochOrderTests {
    @Test func anEpochIsAPermutation() {
        for count in [0, 1, 2, 7, 1000] {
            #expect(epochOrder(seed: 42, epoch: 3, count: count).sorted() == Array(0..<count))
        }
    }

    @Test func theOrderDependsOnSeedAndEpochAlone() {
        let order = epochOrder(seed: 42, epoch: 0, count: 100)
        #expect(order == epochOrder(seed: 42, epoch: 0, count: 100))
        #expect(order != epochOrder(seed: 42, epoch: 1, count: 100))
        #expect(order != epochOrder(seed: 43, epoch: 0, count: 100))
        #expect(order != Array(0..<100))
    }

    /// Fixed numbers: an order that changes between versions would break the resumption of older runs.
    @Test func theOrderIsFixed() {
        #expect(epochOrder(seed: 42, epoch: 0, count: 8) == [3, 5, 6, 4, 7, 1, 0, 2])
    }

    @Test func everyPlaceIsReachedAlike() {
        var counts = [Int](repeating: 0, count: 5)
        for epoch in 0..<5000 { counts[epochOrder(seed: 1, epoch: epoch, count: 5)[0]] += 1 }
        #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
    }
}

@Suite struct DatasetSplitTests {
    private static func rows(_ count: Int, answers: Int = 1) -> [String] {
        (0..<count).flatMap { number in
            (0..<answers).map {
                #"{"prompt": "Question \#(number)\#($0 % 2 == 0 ? "?" : " !")", "completion": " answer \#($0)"}"#
            }
        }
    }

    private func split(
        _ rows: [String], heldOut: [String]? = nil, size: Double = 0, seed: Int = 1, settings: DataSettings = .test(),
        encoder: ToyEncoder = ToyEncoder(), renderer: ToyRenderer? = nil
    ) throws -> DatasetSplit {
        try withFile("t.jsonl", rows.joined(separator: "\n")) { train in
            try withFile("h.jsonl", (heldOut ?? ["{}"]).joined(separator: "\n")) { other in
                try DatasetSplit(
                    train: [train], heldOut: heldOut == nil ? [] : [other], valSize: size, seed: seed, encoder: encoder,
                    renderer: renderer, settings: settings)
            }
        }
    }

    private func prompts(_ set: PreparedDataset?) -> Set<String> {
        Set((set?.rows as? [DataRow] ?? []).map { $0.promptText.filter { $0.isNumber } })
    }

    @Test func copiesOfAQuestionStayOnOneSide() throws {
        let result = try split(Self.rows(40, answers: 3), size: 0.2)
        #expect(prompts(result.train).isDisjoint(with: prompts(result.heldOut)))
        #expect(result.overlappingPrompts == 0)
        let count = result.heldOut?.rows.count ?? 0
        #expect((22...27).contains(count))
        #expect(count + result.train.rows.count == 120)
    }

    @Test func theSplitDependsOnSeedNotOnOrder() throws {
        let rows = Self.rows(40)
        let one = try split(rows, size: 10)
        let reversed = try split(rows.reversed(), size: 10)
        #expect(one.heldOut?.rows.count == 10)
        #expect(prompts(one.heldOut) == prompts(reversed.heldOut))
        #expect(prompts(one.heldOut) != prompts(try split(rows, size: 10, seed: 2).heldOut))
    }

    @Test func aSplitThatLeavesNothingIsAnError() throws {
        #expect(throws: DatasetError.self) { try split(Self.rows(3), size: 3) }
        let same = Array(repeating: #"{"prompt": "same", "completion": " x"}"#, count: 5)
        #expect(throws: DatasetError.self) { try split(same, size: 0.2) }
    }

    @Test func leaksAreCounted() throws {
        let leak = [
            #"{"prompt": "question 1", "completion": " answer 0"}"#,
            #"{"prompt": "Question 2?", "completion": " other"}"#,
        ]
        let result = try split(Self.rows(10), heldOut: leak + [#"{"prompt": "new", "completion": " x"}"#])
        #expect(result.overlappingPrompts == 2)
        #expect(result.overlappingRows == 1)
    }

    /// Silent failure: a cache of tokens whose key lacks the tokenizer, the template or the mask's settings.
    @Test func theDigestDependsOnAllThatDecidesTokens() throws {
        let rows = [#"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#]
        let base = try split(rows, renderer: .chatML).digest
        #expect(base == (try split(rows, renderer: .chatML).digest))
        #expect(base.count == 64)
        var digests: Set<String> = [base]
        digests.insert(try split(rows + rows, renderer: .chatML).digest)
        digests.insert(try split(rows, settings: .test(maxLength: 999), renderer: .chatML).digest)
        digests.insert(try split(rows, settings: .test(trainOnPrompt: true), renderer: .chatML).digest)
        digests.insert(try split(rows, settings: .test(tooLong: .truncate), renderer: .chatML).digest)
        digests.insert(try split(rows, encoder: ToyEncoder(encoderDigest: "other"), renderer: .chatML).digest)
        var renderer = ToyRenderer.chatML
        renderer.rendererSource = "other"
        digests.insert(try split(rows, renderer: renderer).digest)
        #expect(digests.count == 7)
    }
}
