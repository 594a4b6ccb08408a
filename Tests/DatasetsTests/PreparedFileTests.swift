import Datasets
import Foundation
import JSON
import TestSupport
import Testing

private let key = PreparedKey(data: "d", recipe: "r", tokenizer: "t", template: "c")

private func chat(_ question: String, _ answers: String...) -> JSONObject {
    JSONObject([
        (
            "messages",
            .array(
                answers.flatMap { answer -> [JSONValue] in
                    [
                        ["role": "user", "content": .string(question)],
                        ["role": "assistant", "content": .string(answer)],
                    ]
                })
        )
    ])
}

/// `count` rows, some of which give two sequences.
private func someRows(_ count: Int) -> [JSONObject] {
    (0..<count).map { number in
        number % 5 == 3
            ? chat("what \(number)", "<think>x</think>one", "<think>y</think>two \(number)")
            : chat("naïve 文字 \(number)", String(repeating: "word ", count: number % 40) + "end")
    }
}

/// Writes rows of both sides as a recipe's preparation does.
private func write(
    _ url: URL, train: [JSONObject], heldOut: [JSONObject] = [], settings: DataSettings = .test(), threads: Int = 1,
    renderer: ToyRenderer = .strippingThoughts
) throws -> (train: TokenisedRows, heldOut: TokenisedRows?) {
    let writer = try PreparedFileWriter(url)
    func side(_ name: String, _ rows: [JSONObject], _ settings: DataSettings) throws -> TokenisedRows {
        let side = try writer.side(name, keepsRows: name == "held_out")
        let tokeniser = try RowTokeniser(
            settings: settings, encoder: ToyEncoder(), renderer: renderer, into: side, threads: threads)
        for (index, fields) in rows.enumerated() {
            let place = RowPlace(file: index % 2 == 0 ? "a.jsonl" : "b \"quoted\".jsonl", line: index * 3 + 1)
            try tokeniser.receive(SourceRow(fields: fields, place: place, index: index))
        }
        let outcome = try tokeniser.finish(InputReport())
        side.conclude(outcome)
        return outcome
    }
    let trained = try side("train", train, settings)
    let held = heldOut.isEmpty ? nil : try side("held_out", heldOut, trained.settings)
    try writer.commit(key, recipe: "data:\n", report: #"{"a": 1}"#, model: "m")
    return (trained, held)
}

@Suite struct PreparedFileTests {
    @Test func whatIsWrittenIsRead() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("examples.h5")
            let rows = someRows(700)
            let outcome = try write(url, train: rows, heldOut: Array(someRows(31)), threads: 2)
            let expected = try prepare(
                "a.jsonl", rows.map { JSONValue.object($0).text() }.joined(separator: "\n"),
                renderer: .strippingThoughts)
            let file = try PreparedFile(url)
            #expect(file.key == key)
            #expect(file.recipe == "data:\n")
            #expect(file.report == #"{"a": 1}"#)
            #expect(file.model == "m")
            #expect(file.train.count == expected.examples.count)
            #expect(file.train.rowCount == 700)
            #expect(file.train.digest == outcome.train.digest)
            for (index, wanted) in expected.examples.enumerated() {
                let example = try file.train.example(index)
                #expect(example.ids == wanted.ids)
                #expect(example.isTarget == wanted.isTarget)
                #expect(example.index == wanted.index && example.part == wanted.part)
                #expect(example.place.line == wanted.index * 3 + 1)
                #expect(example.place.file == (wanted.index % 2 == 0 ? "a.jsonl" : "b \"quoted\".jsonl"))
                #expect(file.train.tokenCount(index) == wanted.ids.count)
                #expect(file.train.targetCount(index) == wanted.targetCount)
            }
            #expect(try file.train.rowIndices() == expected.examples.map(\.index))
            let heldOut = try #require(file.heldOut)
            let stored = try heldOut.rows(outcome.train.settings, hasTemplate: true)
            #expect(stored.count == 31)
            let set = try prepare(
                "a.jsonl", someRows(31).map { JSONValue.object($0).text() }.joined(separator: "\n"))
            for index in 0..<31 {
                let row = try stored.row(index)
                #expect(row.content == set.rows[index].content)
                #expect(row.index == index)
                #expect(row.place.line == index * 3 + 1)
            }
        }
    }

    @Test func theBytesDependOnNoThreadCount() throws {
        try withTemporaryDirectory { folder in
            let bytes = try [1, 2, 7].map { threads in
                let url = folder.appendingPathComponent("\(threads).h5")
                _ = try write(url, train: someRows(1500), heldOut: someRows(600), threads: threads)
                return try Data(contentsOf: url)
            }
            #expect(bytes[0] == bytes[1])
            #expect(bytes[0] == bytes[2])
        }
    }

    /// Silent failure: half a file, or another's, taken for whole.
    @Test func whatIsNotWholeIsRefused() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("examples.h5")
            func fault() -> PreparedFault? {
                do throws(PreparedFault) {
                    _ = try PreparedFile(url)
                    return nil
                } catch { return error }
            }
            #expect(fault() == .absent)
            _ = try write(url, train: someRows(40), heldOut: someRows(5))
            #expect(fault() == nil)
            let whole = try Data(contentsOf: url)
            for place in stride(from: 20, to: whole.count, by: 4099) {
                var changed = whole
                changed[place] ^= 1
                try changed.write(to: url)
                #expect(fault() == .damaged, "byte \(place)")
            }
            for count in [whole.count - 1, whole.count / 2, 513, 512, 30] {
                try whole.prefix(count).write(to: url)
                #expect(fault() == .damaged, "cut to \(count)")
            }
            for other in [Data(), Data("hello".utf8), whole.dropFirst(512)] {
                try other.write(to: url)
                #expect(fault() == .foreign)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["examples.h5"])
        }
    }

    @Test func rowsThatCannotBeRenderedAreBadRows() throws {
        let refusing = ToyRenderer { messages, prompt in
            struct Refusal: Error {}
            if messages.first?.content == "odd" { throw Refusal() }
            return try ToyRenderer.chatML.body(messages, prompt)
        }
        func outcome(_ limit: Int) throws -> TokenisedRows {
            var settings = DataSettings.test()
            settings.input.maximumBadRows = limit
            return try withTemporaryDirectory { folder in
                try write(
                    folder.appendingPathComponent("examples.h5"),
                    train: [
                        chat("a", "b"), chat("odd", "b"), JSONObject([("messages", .integer(1))]), chat("c", "d"),
                    ], settings: settings, renderer: refusing
                ).train
            }
        }
        #expect(throws: DatasetError.self) { try outcome(1) }
        let report = try outcome(2).report
        #expect(report.rows == 2)
        #expect(report.input?.badRows == 2)
        #expect(report.input?.badRowKinds == [.template: 1, .wrongType: 1])
    }

    /// Every part of a key counts.
    @Test func keysDifferInEachPart() {
        let others = [
            PreparedKey(data: "x", recipe: "r", tokenizer: "t", template: "c"),
            PreparedKey(data: "d", recipe: "x", tokenizer: "t", template: "c"),
            PreparedKey(data: "d", recipe: "r", tokenizer: "x", template: "c"),
            PreparedKey(data: "d", recipe: "r", tokenizer: "t", template: "x"),
            PreparedKey(data: "d", recipe: "r", tokenizer: "t", template: "c", judgement: "x"),
            PreparedKey(data: "d", recipe: "r", tokenizer: "t", template: "c", code: "x"),
        ]
        #expect(Set(others.map(\.digest) + [key.digest]).count == 7)
        #expect(
            others.flatMap { key.differences(from: $0) } == [
                "data", "recipe", "tokenizer", "template", "judgement", "code",
            ])
        #expect(key.differences(from: key) == [])
    }

    @Test(.needsPython("h5py")) func h5pyReadsIt() throws {
        try withTemporaryDirectory { folder in
            let url = folder.appendingPathComponent("examples.h5")
            _ = try write(url, train: someRows(30), heldOut: someRows(4))
            let output = try ReferencePython.run(with: ["h5py"], ["-c", Self.script, url.path]).output
            let found = try #require(JSONValue(parsing: output).array)
            let file = try PreparedFile(url)
            #expect(found.count == file.train.count + 1)
            for (index, value) in found.dropLast().enumerated() {
                let example = try file.train.example(index)
                #expect(value["ids"]?.array?.compactMap(\.integer) == example.ids.map(Int.init))
                #expect(value["mask"]?.array?.compactMap(\.integer) == example.isTarget.map { $0 ? 1 : 0 })
                #expect(value["file"]?.string == example.place.file)
                #expect(value["line"]?.integer == example.place.line)
                #expect(value["row"]?.integer == example.index)
            }
            #expect(found.last?["key"]?.string == key.digest)
            #expect(found.last?["first_row"] == .object(someRows(4)[0]))
        }
    }

    private static let script = """
        import h5py, json, sys
        with h5py.File(sys.argv[1]) as f:
            names = json.loads(f["files"][()])
            side = f["train"]
            bounds = side["bounds"][:]
            out = []
            for i in range(len(bounds) - 1):
                part = slice(bounds[i], bounds[i + 1])
                out.append({"ids": side["ids"][part].tolist(), "mask": side["mask"][part].tolist(),
                            "file": names[side["file"][i]], "line": int(side["line"][i]), "row": int(side["row"][i])})
            rows = f["held_out/rows"]
            first = bytes(rows["json"][rows["bounds"][0]:rows["bounds"][1]])
            key = f.attrs["key"]
            key = key.decode() if isinstance(key, bytes) else key
            print(json.dumps(out + [{"key": key, "first_row": json.loads(first)}]))
        """
}
