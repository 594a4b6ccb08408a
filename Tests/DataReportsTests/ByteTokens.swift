import DataReports
import Datasets
import Foundation

/// A tokenizer with a token for each byte, so that most characters beyond ASCII are made of several; 256 ends a sequence.
struct ByteEncoder: TextEncoder {
    var beginID: Int32? { nil }
    var endID: Int32? { 256 }
    var addsBegin: Bool { false }
    var encoderDigest: String { "bytes" }

    func encodeText(_ text: String, addSpecialTokens: Bool, parseSpecial: Bool) -> EncodedText {
        let bytes = Array(text.utf8)
        return EncodedText(ids: bytes.map { Int32($0) }, offsets: bytes.indices.map { $0..<$0 + 1 })
    }

    func isSpecialToken(_ id: Int32) -> Bool { id == 256 }

    static let texts = TokenTexts(
        bytes: { $0 == 256 ? Array("<|end|>".utf8) : [UInt8(truncatingIfNeeded: $0)] }, isSpecial: { $0 == 256 })
}

extension DataReport {
    /// A report with sequences of many scripts, of text that looks like markup, and of personal data.
    static let withSamples: DataReport = {
        let texts = [
            ("Which pills?\n", "Two\tof the white ones, twice a day."), ("什么药？", "每天两片白色的。😀👩‍⚕️"),
            ("ما هذا الدواء؟", "قرصان أبيضان مرتين في اليوم."),
            ("<script>alert(1)</script>", "</style><!-- ]]> & \"quoted\" 'too'"),
            ("Who?\u{0}\u{1B}[31m\u{202E}", "ada@example.org, 192.168.7.9\u{2028}"),
            ("Long", String(repeating: "word and word again ", count: 200)),
        ]
        let builder = ExampleBuilder(
            encoder: ByteEncoder(), renderer: nil,
            settings: DataSettings(
                format: .promptCompletion, columns: [:], labels: [], maxLength: 3000, tooLong: .truncate,
                trainOnPrompt: false))
        var train = DatasetReport()
        train.format = .promptCompletion
        for (index, text) in texts.enumerated() {
            let row = DataRow(
                content: .completion(prompt: text.0, completion: text.1),
                place: RowPlace(file: "a.jsonl", line: index + 1),
                index: index, label: index % 2 == 0 ? "even <&>" : "odd")
            _ = try? builder.examples(of: row, counting: &train)
        }
        train.input = DataReport.example.train?.input
        return DataReport(
            name: "pills & <b>scripts</b>", key: "0123", preparation: DataReport.example.preparation, train: train,
            heldOut: DataReport.example.heldOut, tokens: ByteEncoder.texts)
    }()
}
