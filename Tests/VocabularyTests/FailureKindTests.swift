// Kinds of failure, and what the system refuses in words.

import Foundation
import Testing
import Vocabulary

@Suite struct FailureKindTests {
    @Test func kindsHaveTheExitCodesOfSysexits() {
        let codes: [(FailureKind, Int32)] = [
            (.usage, 64), (.badInput, 65), (.missingInput, 66), (.internal, 70), (.inputOutput, 74),
            (.interrupted, 130),
        ]
        for (kind, code) in codes { #expect(kind.rawValue == code) }
        #expect(codes.count == FailureKind.allCases.count)
    }

    @Test func whatIsMissingDependsOnWhatItWasWantedFor() {
        #expect(SystemError(ENOENT, reading: "a").kind == .missingInput)
        #expect(SystemError(ENOTDIR, reading: "a/b").kind == .missingInput)
        #expect(SystemError(ENOENT, writing: "a").kind == .inputOutput)
        #expect(SystemError(EISDIR, reading: "a").kind == .badInput)
        for code in [EACCES, EROFS, EIO, EMFILE] { #expect(SystemError(code, reading: "a").kind == .inputOutput) }
        for code in [ENOSPC, EDQUOT, EFBIG, EROFS, EACCES, ENOTDIR, ELOOP, ENAMETOOLONG] {
            #expect(SystemError(code, writing: "a").kind == .inputOutput)
        }
    }

    @Test func theReasonStandsInPlainWords() {
        let words: [(Int32, String)] = [
            (ENOSPC, "the disk is full"), (EDQUOT, "quota"), (EFBIG, "larger than is allowed"),
            (EACCES, "no permission"),
            (EROFS, "read-only"), (ENOTDIR, "no folder"), (ELOOP, "circle"), (ENAMETOOLONG, "too long"),
        ]
        for (code, text) in words {
            let error = SystemError(code, writing: "some/place", "cannot be flushed")
            #expect(error.description.hasPrefix("some/place: cannot be flushed: "))
            #expect(error.cause.contains(text) && error.cause.contains(String(cString: strerror(code))))
        }
        #expect(SystemError(ENOSPC, writing: "a").isOutOfSpace && !SystemError(EACCES, writing: "a").isOutOfSpace)
    }
}
