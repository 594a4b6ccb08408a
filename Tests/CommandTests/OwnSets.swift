// Small sets of our own in the forms that public ones have, with what is true of them.

import Foundation

/// Texts of files by name; each test says what it knows of them.
enum OwnSets {
    private static let cities = ["Oslo", "Lima", "Bern", "Cork", "Kyoto", "Quito", "Turin", "Hanoi", "Accra", "Perth"]
    private static let things = ["kettle", "ladder", "violin", "lantern", "saddle", "compass", "blanket"]

    /// Sentences that are not near each other.
    static func sentences(_ count: Int, _ opening: String) -> [String] {
        (0..<count).map { number in
            let (city, thing) = (cities[number % 10], things[number % 7])
            return
                "\(opening) \(thing) number \(number * 7_919) came from \(city) on day \(number) with \(number * 31) knots"
        }
    }

    /// Lines: 30 of `one` stand there twice, 20 of `two` as well, and 4 of `two` stand in `one` too.
    static var repeatedLines: (one: String, two: String) {
        let one = sentences(30, "The"), two = sentences(20, "Some other")
        func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }
        return (text(one + one), text(two + two + one.prefix(4)))
    }

    /// Utterances with intents: of the test rows three differ from a training row in case alone, two in spacing alone.
    static var intents: (train: String, test: String) {
        let known = sentences(24, "Where is my"), fresh = sentences(6, "Cancel that broken")
        func table(_ texts: [String]) -> String {
            "utterance,intent\n" + texts.enumerated().map { "\($1),intent_\($0 % 3)\n" }.joined()
        }
        let cased = known.prefix(3).map { $0.uppercased() }
        let spaced = known[3..<5].map { $0.replacingOccurrences(of: " number", with: "  number") }
        return (table(known), table(cased + spaced + fresh))
    }

    /// 40 questions, each with three answers.
    static var questions: String {
        sentences(40, "Why is it that the").enumerated().flatMap { number, question in
            // Words of their own, so that no two answers are near.
            let answers = (0..<3).map { answer in (0..<24).map { "w\(number)a\(answer)b\($0)" }.joined(separator: " ") }
            return answers.map { #"{"question": "\#(question)?", "answer": "\#($0)."}"# + "\n" }
        }.joined()
    }

    /// A table of 20 rows, two of them with two fields where the header has four.
    static var raggedTable: String {
        let rows = sentences(20, "A").enumerated().map { number, text in
            number == 5 || number == 11 ? "\(number)\t\(text)\n" : "\(number)\t\(text)\tintent_\(number % 2)\tx\n"
        }
        return "id\tutterance\tintent\tnote\n" + rows.joined()
    }

    /// Questions and answers of a department, in Chinese.
    static var chineseTable: String {
        let asks = ["最近总是头晕应该怎么办", "晚上睡不好觉是什么原因", "膝盖疼痛需要拍片检查吗", "孩子发烧三天还没有退烧"]
        let answers = ["建议先测量血压并注意休息", "可以在睡前少喝咖啡和浓茶", "请到医院骨科做进一步检查", "多喝温水并及时到儿科就诊"]
        return "department,title,ask,answer\n"
            + (0..<24).map { "心血管科,第\($0)问,\(asks[$0 % 4])，已经\($0)天了。,\(answers[$0 % 4])，第\($0)条。\n" }.joined()
    }

    /// Pairs of answers, and answers with a rating, as a peer keeps them.
    static func compared(_ count: Int) -> (pairs: String, ratings: String) {
        let questions = sentences(count, "Describe the"), answers = sentences(count, "Gladly: the")
        func list(_ rows: [String]) -> String { "[" + rows.joined(separator: ",\n") + "]\n" }
        let pairs = zip(questions, answers).map { question, answer in
            #"{"conversations": [{"from": "human", "value": "\#(question)"}], "#
                + #""chosen": {"from": "gpt", "value": "\#(answer)"}, "rejected": {"from": "gpt", "value": "No."}}"#
        }
        let ratings = zip(questions, answers).enumerated().map { number, texts in
            #"{"messages": [{"role": "user", "content": "\#(texts.0)"}, {"role": "assistant", "content": "\#(texts.1)"}], "#
                + #""label": \#(number % 2 == 0)}"#
        }
        return (list(pairs), list(ratings))
    }

    /// A form that public sets have: the file, the keys of its recipe, its rows, and the format that is seen in it.
    struct Form {
        let name: String
        let text: String
        let keys: String
        let rows: Int
        let format: String
    }

    static var forms: [Form] {
        let texts = sentences(12, "Notes on the")
        func lines(_ line: (Int, String) -> String) -> String { texts.enumerated().map { line($0, $1) }.joined() }
        func list(_ row: (Int, String) -> String) -> String {
            "[" + texts.enumerated().map { row($0, $1) }.joined(separator: ",\n") + "]"
        }
        return [
            Form(
                name: "notes.csv", text: "ID,section_text,dialogue\n" + lines { "\($0),\"\($1)\",\"a:\nb, \($1)\"\n" },
                keys: "columns: { prompt: dialogue, completion: section_text }", rows: 12, format: "unknown"),
            Form(
                name: "scores.txt", text: lines { "\($0)\t\(Double($0) / 4)\t\"\($1)\n" },
                keys: "layout: tsv\n  quotes: none\n  column_names: [id, score, text]\n  format: text", rows: 12,
                format: "text"),
            Form(
                name: "classes.txt", text: lines { "class \($0 % 3)\t\($1)\n" },
                keys: "layout: tsv\n  column_names: [label, text]", rows: 12, format: "text"),
            Form(
                name: "codes.json",
                text: "{"
                    + sentences(120, "Code of the").enumerated().map { #""c\#($0)": ["x", "\#($1)"]"# }
                    .joined(separator: ",") + "}",
                keys: "template: { prompt: \"{id}: \", completion: \"{value.1}\" }", rows: 120, format: "unknown"),
            Form(
                name: "talks.json",
                text: list { #"{"messages": [{"message": "q \#($0)"}, {"message": "\#($1)"}]}"# },
                keys: "columns: { content: message }\n  turn_roles: [user, assistant]", rows: 12, format: "unknown"),
            Form(
                name: "alpaca.json", text: list { #"{"instruction": "Say \#($0)", "input": "", "output": "\#($1)"}"# },
                keys: "format: alpaca", rows: 12, format: "alpaca"),
            Form(
                name: "shared.json",
                text: list {
                    #"{"conversations": [{"from": "human", "value": "q \#($0)"}, {"from": "gpt", "value": "\#($1)"}]}"#
                }, keys: "format: sharegpt", rows: 12, format: "sharegpt"),
        ]
    }
}
