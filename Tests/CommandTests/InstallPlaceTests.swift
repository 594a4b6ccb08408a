// scripts/install.sh and scripts/package.sh: what may stand in the places that they write to, and what they leave there.

import Foundation
import TestSupport
import Testing

extension CommandTests.Installing {
    private static let list = "p/share/lathe/install.manifest"

    private func makeFolder(_ path: String, in lathe: LatheCommand) throws {
        try FileManager.default.createDirectory(at: lathe.url(path), withIntermediateDirectories: true)
    }

    private func remove(_ path: String, in lathe: LatheCommand) throws {
        try FileManager.default.removeItem(at: lathe.url(path))
    }

    private func uninstall(in lathe: LatheCommand) throws -> Outcome {
        try script("scripts/install.sh", "--uninstall", "p", in: lathe)
    }

    /// Expects that nothing is installed or removed, for the list is somebody's.
    private func expectForeignList(in lathe: LatheCommand) throws {
        let before = try files(below: "p", in: lathe)
        try install("p", in: lathe).expectFailure(74, Self.list, "in the way")
        try uninstall(in: lathe).expectFailure(74, Self.list, "in the way")
        #expect(try files(below: "p", in: lathe) == before)
    }

    @Test func aListOfSomebodyElseStays() throws {
        try LatheCommand.inFolder { lathe in
            try makeFolder("p/share/lathe", in: lathe)
            for foreign in ["my own list\n", "", String(repeating: "a", count: 64) + "  bin/lathe\n"] {
                try lathe.write(Self.list, foreign)
                try expectForeignList(in: lathe)
                #expect(try lathe.text(Self.list) == foreign)
            }
            try remove(Self.list, in: lathe)
            try makeFolder(Self.list, in: lathe)
            try expectForeignList(in: lathe)
            try remove(Self.list, in: lathe)
            for target in ["nowhere", "../../../train.jsonl"] {
                try FileManager.default.createSymbolicLink(
                    atPath: lathe.url(Self.list).path, withDestinationPath: target)
                try expectForeignList(in: lathe)
                try remove(Self.list, in: lathe)
            }
        }
    }

    @Test func aListNamesNothingOutsideThePrefix() throws {
        try LatheCommand.inFolder { lathe in
            #expect(try install("p", in: lathe).code == 0)
            let list = try lathe.text(Self.list)
            let sum = try RunningCommand(
                URL(fileURLWithPath: "/usr/bin/env"), ["sha256sum", "held.jsonl"], in: lathe.folder, output: nil
            ).wait().output.prefix(64)
            let paths = ["../held.jsonl", "share/../../held.jsonl", lathe.url("held.jsonl").path]
            let others = ["# folder ../other", "# folder /", "# above 0", "words", "\(sum) bin/lathe"]
            for line in paths.map({ "\(sum)  \($0)" }) + others {
                try lathe.write(Self.list, list + line + "\n")
                try expectForeignList(in: lathe)
            }
            #expect(lathe.has("held.jsonl"))
            try lathe.write(Self.list, list)
            #expect(try uninstall(in: lathe).code == 0)
            #expect(!lathe.has("p"))
        }
    }

    @Test func whatIsNotListedIsInTheWayWhateverItHolds() throws {
        try LatheCommand.inFolder { lathe in
            let binary = try #require(LatheCommand.executable?.path)
            try makeFolder("p/bin", in: lathe)
            try lathe.copy(binary, to: "p/bin/lathe")
            try install("p", in: lathe).expectFailure(74, "p/bin/lathe", "nothing was written")
            try remove("p/bin/lathe", in: lathe)
            for target in [binary, "nowhere"] {
                try FileManager.default.createSymbolicLink(
                    atPath: lathe.url("p/bin/lathe").path, withDestinationPath: target)
                try install("p", in: lathe).expectFailure(74, "p/bin/lathe", "nothing was written")
                try remove("p/bin/lathe", in: lathe)
            }
            #expect(try files(below: "p", in: lathe) == [])
        }
    }

    @Test func modesAreMendedAndWhatAKilledRunLeftGoes() throws {
        try LatheCommand.inFolder { lathe in
            #expect(try install("p", in: lathe).code == 0)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o600], ofItemAtPath: lathe.url("p/bin/lathe").path)
            try lathe.write("p/bin/.lathe-install.Ab12cD", "half\n")
            try lathe.write("p/bin/.lathe-install.somebody", "mine\n")
            let update = try install("p", in: lathe)
            #expect(update.code == 0 && update.errors.contains("7 of them unchanged"), "\(update.errors)")
            #expect(FileManager.default.isExecutableFile(atPath: lathe.url("p/bin/lathe").path))
            #expect(try lathe.names(in: "p/bin") == [".lathe-install.somebody", "lathe"])
            try lathe.write("p/share/lathe/.lathe-install.000000", "half\n")
            #expect(try uninstall(in: lathe).code == 0)
            #expect(try files(below: "p", in: lathe) == ["bin/.lathe-install.somebody"])
            #expect(!lathe.has("p/share"))
        }
    }

    @Test func foldersMadeToHoldThePrefixGoToo() throws {
        try LatheCommand.inFolder { lathe in
            try makeFolder("theirs", in: lathe)
            let prefix = "theirs/a/b/c"
            #expect(try install(prefix, in: lathe).code == 0)
            #expect(try install(prefix, in: lathe).code == 0)
            #expect(try script("scripts/install.sh", "--uninstall", prefix, in: lathe).code == 0)
            #expect(try lathe.names(in: "theirs") == [])
        }
    }

    @Test func emptyNamesAndPlacesThatAreNoFoldersAreSaid() throws {
        try LatheCommand.inFolder { lathe in
            try install("", in: lathe).expectFailure(64, "PREFIX is empty")
            try script("scripts/install.sh", "--binary", "", "p", in: lathe).expectFailure(64, "--binary")
            try script("scripts/package.sh", "", in: lathe).expectFailure(64, "FOLDER is empty")
            try script("scripts/package.sh", "a", "b", in: lathe).expectFailure(64, "one FOLDER")
            for place in ["held.jsonl", "held.jsonl/below"] {
                try script("scripts/package.sh", place, in: lathe).expectFailure(74, "held.jsonl is no folder")
            }
            let noRoom = LatheCommand(folder: lathe.folder, environment: ["TMPDIR": lathe.url("nowhere").path])
            try install("p", in: noRoom).expectFailure(74, "is there room in", "nowhere")
            #expect(!lathe.has("p"))
        }
    }
}
