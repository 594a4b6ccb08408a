import Datasets
import TestSupport
import Testing

@Suite struct ClassOrderTests {
    /// Names of one number have one order too, however they are met.
    @Test func namesOfOneNumberHaveOneOrder() {
        let names = ["+1", "01", "1", "2", "10"]
        for turn in names.indices {
            let met = Array(names[turn...] + names[..<turn])
            #expect(ClassOrder.sorted(met) == names && ClassOrder.sorted(met.reversed()) == names)
        }
        #expect(ClassOrder.places(["10", "1", "01"]) == [2, 1, 0])
        #expect(ClassOrder.sorted(["10", "b", "2"]) == ["10", "2", "b"])
    }
}

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

@Suite struct DatasetDigestTests {
    /// Silent failure: a cache of tokens whose key lacks the tokenizer, the template or the mask's settings.
    @Test func theDigestDependsOnAllThatDecidesTokens() throws {
        let row = #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#
        func digest(
            _ text: String, _ settings: DataSettings = .test(), encoder: ToyEncoder = ToyEncoder(),
            renderer: ToyRenderer = .chatML
        ) throws -> String {
            try prepare("a.jsonl", text, settings, encoder: encoder, renderer: renderer).digest
        }
        let base = try digest(row)
        #expect(base == (try digest(row)))
        #expect(base.count == 64)
        var digests: Set<String> = [base]
        digests.insert(try digest(row + "\n" + row))
        digests.insert(try digest(row, .test(maxLength: 999)))
        digests.insert(try digest(row, .test(trainOnPrompt: true)))
        digests.insert(try digest(row, .test(tooLong: .truncate)))
        digests.insert(try digest(row, encoder: ToyEncoder(encoderDigest: "other")))
        var renderer = ToyRenderer.chatML
        renderer.rendererSource = "other"
        digests.insert(try digest(row, renderer: renderer))
        #expect(digests.count == 7)
    }
}
