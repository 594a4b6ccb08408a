import DataReports
import Testing

@Suite struct TerminalLineTests {
    @Test func wideCharactersTakeTwoColumns() {
        #expect(TerminalLine.width("abc") == 3 && TerminalLine.width("血压 ok") == 7)
        #expect(TerminalLine.width("e\u{301}") == 1 && TerminalLine.width("\u{1B}") == 0)
    }

    @Test func whatDoesNotFitIsCut() {
        #expect(TerminalLine.cut("step 3/60 loss 1.2", to: 18) == "step 3/60 loss 1.2")
        #expect(TerminalLine.cut("step 3/60 loss 1.2", to: 10) == "step 3/60…")
        for columns in 1...20 {
            #expect(TerminalLine.width(TerminalLine.cut("血压偏高，建议低盐饮食 12/40", to: columns)) <= columns)
        }
    }
}
