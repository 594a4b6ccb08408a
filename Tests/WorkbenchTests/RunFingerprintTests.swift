import Testing
import Workbench

struct RunFingerprintTests {
    private static let digest = String(repeating: "a", count: 64)

    private static func fingerprint(_ rate: String, rows: String = digest, threads: String = "2", extra: String? = nil)
        -> RunFingerprint
    {
        RunFingerprint(
            keys: [("train.learning_rate", rate), ("data.steps", "[map: {}]")]
                + (extra.map { [("train.epochs", $0)] } ?? []),
            parts: [("rows", rows), ("threads", threads)])
    }

    @Test func differencesAreNamedByKeyWithBothValues() {
        let here = Self.fingerprint("0.0001")
        #expect(here.differences(from: here) == [])
        let there = Self.fingerprint("0.0002", rows: String(repeating: "b", count: 64), threads: "4", extra: "3.0")
        #expect(
            here.differences(from: there) == [
                "train.learning_rate: 0.0002 → 0.0001", "train.epochs: 3.0 → not set", "rows: other content",
                "threads: 4 → 2",
            ])
        #expect(here.differencesOfKeys(from: there).count == 2)
        #expect(there.differences(from: here).contains("train.epochs: not set → 3.0"))
    }

    @Test func itsTextReadsBack() {
        let here = Self.fingerprint("0.0001")
        #expect(RunFingerprint(text: here.text) == here)
        #expect(RunFingerprint(text: "recipe: f00d | threads: 2") == nil)
    }
}
