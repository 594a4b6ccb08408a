// Texts that end an answer, found in pieces of any size.

import Generation
import Testing

@Suite struct StopTextTests {
    /// What is shown of `pieces`, and what ended it.
    private func run(_ stops: [String], _ pieces: [String]) -> (text: String, end: String?) {
        var stop = StopText(stops), text = ""
        for piece in pieces {
            let (more, end) = stop.feed(piece)
            text += more
            if let end { return (text, end) }
        }
        return (text + stop.finish(), nil)
    }

    @Test(
        arguments: [
            (["ab", "b"], "xab", "x", "ab"), (["b", "ab"], "xab", "x", "ab"), (["abcd", "bc"], "abcd", "a", "bc"),
            (["aab"], "aaab", "a", "aab"), (["é!"], "ééè é!", "ééè ", "é!"), (["ab"], "aaaa", "aaaa", nil),
            (["", "b"], "ab", "a", "b"), ([""], "ab", "ab", nil), ([], "ab", "ab", nil),
        ] as [([String], String, String, String?)])
    func theFirstThatIsWholeEnds(_ stops: [String], _ whole: String, _ text: String, _ end: String?) {
        for pieces in [[whole], whole.map { String($0) }] {
            let found = run(stops, pieces)
            #expect(found.text == text && found.end == end)
        }
    }

    @Test func whatMayBecomeAStopIsHeld() {
        var stop = StopText(["stop"])
        #expect(stop.feed("a sto").text == "a ")
        #expect(stop.feed("re").text == "store")
    }
}
