import Testing
import Workbench

struct RunFingerprintTests {
    private static let digest = String(repeating: "a", count: 64)

    @Test func differencesAreNamed() {
        let here = RunFingerprint([("recipe", Self.digest), ("threads", "2"), ("precision", "bf16: the CPU has it; fast")])
        #expect(here.differences(from: here.text) == [])
        let there = RunFingerprint([
            ("recipe", String(repeating: "b", count: 64)), ("threads", "4"), ("precision", "bf16: the CPU has it; fast"),
        ])
        #expect(here.differences(from: there.text) == ["recipe", "threads (4 there, 2 here)"])
        #expect(here.differences(from: "f00d") == ["recipe", "threads", "precision"])
    }
}
