import Spelling
import Testing

@Suite struct Distances {
    @Test(arguments: [
        ("", "", 0), ("abc", "abc", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("max_stpes", "max_steps", 1),
        ("ca", "abc", 3), ("größe", "grosse", 3), ("abcd", "badc", 2),
    ])
    func editsAreCounted(left: String, right: String, edits: Int) {
        #expect(Spelling.distance(left, right) == edits)
        #expect(Spelling.distance(right, left) == edits)
        // A limit cuts the work short and changes no smaller answer.
        for limit in 0...8 { #expect(Spelling.distance(left, right, below: limit) == min(edits, limit)) }
    }

    @Test func theNearestNameIsTheFirstOfTheBest() {
        let names = ["learning_rate", "lr_scheduler", "log_every", "log_ever"]
        #expect(Spelling.nearest(to: "learning_rte", among: names, most: 4) == "learning_rate")
        #expect(Spelling.nearest(to: "log_evert", among: names, most: 3) == "log_every")
        #expect(Spelling.nearest(to: "log_eve", among: names, most: 0) == nil)
        #expect(Spelling.nearest(to: "log_ever", among: names, most: 0) == "log_ever")
        #expect(Spelling.nearest(to: "x", among: [], most: 3) == nil)
    }
}
