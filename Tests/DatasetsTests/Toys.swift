import Datasets
import Foundation
import JSON
import TestSupport
import Vocabulary

/// A tokenizer whose tokens can be read: special marks, else words with the blank before them, else single characters.
struct ToyEncoder: TextEncoder {
    var specials = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|end|>", "<|user|>", "<|assistant|>"]
    var beginID: Int32? = 0
    var endID: Int32? = 1
    var addsBegin = false
    var addsEnd = false
    var encoderDigest = "toy"

    func encodeText(_ text: String, addSpecialTokens: Bool, parseSpecial: Bool) -> EncodedText {
        let bytes = Array(text.utf8)
        var ids: [Int32] = []
        var offsets: [Range<Int>] = []
        var position = 0
        func isLetter(_ byte: UInt8) -> Bool { byte >= 0x80 || (65...90).contains(byte) || (97...122).contains(byte) }
        while position < bytes.count {
            var end = position + 1
            var id: Int32?
            if let number = specials.firstIndex(where: { bytes[position...].starts(with: $0.utf8) }) {
                id = Int32(number)
                end = position + specials[number].utf8.count
            } else {
                if bytes[position] == 0x20, end < bytes.count, isLetter(bytes[end]) { end += 1 }
                if isLetter(bytes[end - 1]) { while end < bytes.count, isLetter(bytes[end]) { end += 1 } }
            }
            let hash = bytes[position..<end].reduce(UInt32(17)) { $0 &* 31 &+ UInt32($1) }
            ids.append(id ?? Int32(hash % 1_000_000) + 100)
            offsets.append(position..<end)
            position = end
        }
        if addSpecialTokens, addsBegin {
            ids.insert(0, at: 0)
            offsets.insert(0..<0, at: 0)
        }
        if addSpecialTokens, addsEnd {
            ids.append(1)
            offsets.append(bytes.count..<bytes.count)
        }
        return EncodedText(ids: ids, offsets: offsets)
    }

    func isSpecialToken(_ id: Int32) -> Bool { specials.indices.contains(Int(id)) }
}

/// A chat template as a function.
struct ToyRenderer: ConversationRenderer {
    var rendererSource = "toy"
    var body: @Sendable ([(role: String, content: String)], Bool) throws -> String

    func renderConversation(_ messages: [JSONValue], addGenerationPrompt: Bool, extra: JSONObject) throws -> String {
        try body(messages.map { ($0["role"]?.string ?? "", $0["content"]?.string ?? "") }, addGenerationPrompt)
    }

    static let chatML = ToyRenderer { messages, prompt in
        messages.map { "<|im_start|>\($0.role)\n\($0.content)<|im_end|>\n" }.joined()
            + (prompt ? "<|im_start|>assistant\n" : "")
    }

    /// A beginning of sequence, answers closed by the end of sequence.
    static let withBegin = ToyRenderer { messages, _ in
        "<s>" + messages.map { $0.role == "user" ? "[INST] \($0.content) [/INST]" : " \($0.content)</s>" }.joined()
    }

    /// An end of text behind the whole conversation, unless an answer is asked for.
    static let endOfTextAtTheEnd = ToyRenderer { messages, prompt in
        messages.map { "<|\($0.role)|>\n\($0.content)<|end|>\n" }.joined() + (prompt ? "<|assistant|>\n" : "</s>")
    }

    /// Reasoning stays in the last turn only.
    static let strippingThoughts = ToyRenderer { messages, prompt in
        var text = ""
        for (index, message) in messages.enumerated() {
            var content = message.content
            if index < messages.count - 1, let end = content.range(of: "</think>") {
                content = String(content[end.upperBound...])
            }
            text += "<|im_start|>\(message.role)\n\(content)<|im_end|>\n"
        }
        return text + (prompt ? "<|im_start|>assistant\n" : "")
    }

    /// A generation prompt that the rendered answer does not begin with.
    static let openingAThought = ToyRenderer { messages, prompt in
        try chatML.body(messages, prompt) + (prompt ? "<think>\n" : "")
    }

    static let withoutEnd = ToyRenderer { messages, prompt in
        messages.map { "\($0.role): \($0.content)\n" }.joined() + (prompt ? "assistant: " : "")
    }
}

extension DataSettings {
    static func test(
        _ format: RowFormat = .auto, columns: [String: String] = [:], labels: [String] = [], maxLength: Int = 1000,
        tooLong: TooLongRule = .error, trainOnPrompt: Bool = false
    ) -> DataSettings {
        DataSettings(
            format: format, columns: columns, labels: labels, maxLength: maxLength, tooLong: tooLong,
            trainOnPrompt: trainOnPrompt)
    }
}

/// Runs `body` with the path of a file that holds `bytes`.
func withFile<Result>(_ name: String, _ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    try withTemporaryDirectory { folder in
        let url = folder.appendingPathComponent(name)
        try Data(bytes).write(to: url)
        return try body(url.path)
    }
}

func withFile<Result>(_ name: String, _ text: String, _ body: (String) throws -> Result) throws -> Result {
    try withFile(name, Array(text.utf8), body)
}

func prepare(
    _ name: String, _ text: String, _ settings: DataSettings = .test(), encoder: ToyEncoder = ToyEncoder(),
    renderer: ToyRenderer? = .chatML
) throws -> Prepared {
    try withFile(name, text) { path in
        try Prepared(PreparedDataset(files: [path], encoder: encoder, renderer: renderer, settings: settings))
    }
}

/// Everything of a data set at once.
struct Prepared {
    let rows: [DataRow]
    let examples: [TokenizedExample]
    let report: DatasetReport
    let digest: String

    init(_ set: PreparedDataset) throws {
        rows = try (0..<set.rows.count).map(set.rows.row)
        examples = try set.examples.first(set.examples.count)
        report = set.report
        digest = set.digest
    }
}

/// The text of the trained tokens of an example whose text is known.
func trainedText(_ example: TokenizedExample, in text: String, encoder: ToyEncoder = ToyEncoder()) -> String {
    let encoded = encoder.encodeText(text, addSpecialTokens: false, parseSpecial: true)
    let shift = example.ids.count - encoded.ids.count
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    for (index, offset) in encoded.offsets.enumerated() where shift + index >= 0 && example.isTarget[shift + index] {
        output += bytes[offset]
    }
    return String(decoding: output, as: UTF8.self)
}
