// `lathe verify`.

internal import ArgumentParser
internal import Workbench

struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold every file that Lathe wrote at a place against the hashes of its manifest.",
        discussion: """
            A folder or file that lathe merge or lathe export wrote, an adapter, a checkpoint, or the directory of a run
            with all that it holds. Whatever differs, is missing or was added is named, and the exit code is 65 then; 66
            where no manifest says what should be there.
            """)

    @Argument(help: "The folder or file.", completion: .file()) var path: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.requireNoOverrides("lathe verify")
        let verification = try Verification(path)
        try common.show(verification)
        try verification.requirePassed()
    }
}
