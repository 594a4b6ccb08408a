// Which texts are near, where a look at words alone or at pairs of characters alone decides otherwise.

import Preparation
import Testing

private let near = "steps: [{ deduplicate: { by: near } }]"

@Suite struct NearMeasureTests {
    /// 7 of 9 words agree, and 8 of 10 of what stands between spaces.
    @Test func chunksCountToo() throws {
        let texts = ["a, a b c d e f g x", "a, a b c d e f g y", "z p q r s t u v w"]
        #expect(try prepare(near, train: rows(texts)).rows.count == 2)
    }

    /// One character in ten is another: two thirds of the pairs agree, and more than four fifths of the characters.
    @Test func chineseTextsOfTheSameCharactersAreNear() throws {
        let text = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生"
        var characters = Array(text)
        for (place, character) in [(4, "甲"), (15, "乙"), (24, "丙"), (33, "丁")] {
            characters[place] = Character(character)
        }
        let shuffled = text.sorted().map(String.init).joined()
        let result = try prepare(near, train: rows([text, String(characters), shuffled]))
        #expect(result.texts() == [text, shuffled])
    }

    /// Nine words of a template and four of a fact: 9 of 17 words agree.
    @Test func rowsOfOneTemplateStay() throws {
        let facts = [
            "aspirin daily with water", "insulin weekly after meals", "rest until next month",
            "walk uphill every morning",
        ]
        let texts = facts.map { "The doctor told this patient at the visit to take \($0)" }
        #expect(try prepare(near, train: rows(texts)).rows.count == 4)
    }

    /// The first stays; a row that is near to a row that goes, and to none that stays, stays.
    @Test func chainsDoNotSwallowWhatIsFarApart() throws {
        let words = (0..<20).map { "w\($0)" }
        func text(_ replaced: Int) -> String {
            words.enumerated().map { $0 < replaced ? "v\($0)" : $1 }.joined(separator: " ")
        }
        // 2 of 20 words apart: 18 of 22. 4 apart: 16 of 24.
        #expect(try prepare(near, train: rows([text(0), text(2), text(4)])).texts() == [text(0), text(4)])
    }

    @Test func leaksInOtherSpellingsAreFound() throws {
        let texts = ["Take two tablets daily.", "Rest for a week, please.", "Call us when it hurts!"]
        let spelled = ["take two  TABLETS daily.", "Ｒｅｓｔ for a week, please.", "call us, when it hurts"]
        let report = try prepare("", train: rows(spelled), heldOut: rows(texts)).report.leakage
        #expect(report?.rows == 3)
        #expect(report?.normalised.heldOutRows == 2)
        #expect(report?.prompt.heldOutRows == 3)
        let dropped = try prepare(
            "leakage: drop", train: rows(spelled + ["Nothing of the kind."]), heldOut: rows(texts))
        #expect(dropped.train.count == 1)
        #expect(dropped.heldOut.count == 3)
        #expect(throws: LeakageError.self) { try prepare("leakage: error", train: rows(spelled), heldOut: rows(texts)) }
    }
}
