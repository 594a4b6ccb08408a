// Which of several answers stands for all.

import Recipes
import Synthesis
import Testing

@Suite struct SampleAgreementTests {
    @Test func mostOfThemAreRight() throws {
        let exact = try #require(SampleAgreement(["b", "a", " a\n", "c", "a"], by: .exact))
        #expect(exact.index == 1 && exact.share == 0.6)
        let tie = try #require(SampleAgreement(["x", "y"], by: .exact))
        #expect(tie.index == 0 && tie.share == 0.5)
        #expect(SampleAgreement(["a", "b"], by: .none) == nil && SampleAgreement([], by: .exact) == nil)
    }

    @Test func whatIsMostLikeTheOthersIsTaken() throws {
        let answers = [
            "we sell no cars here", "your parcel comes on monday", "your parcel comes on monday or tuesday",
            "the parcel comes on monday",
        ]
        let found = try #require(SampleAgreement(answers, by: .rougeL))
        #expect(found.index == 1)
        #expect(found.share > 0.5 && found.share < 1)
        #expect(SampleAgreement(["alone"], by: .rougeL)?.share == 1)
    }
}
