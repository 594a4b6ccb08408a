// scripts/install.sh and scripts/package.sh: what they write, what they leave alone, and that an archive runs where it lies.

import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Installing {
        /// Runs a script of the repository, or one that was unpacked, in the folder of `lathe`.
        func script(_ path: String, _ arguments: String..., in lathe: LatheCommand) throws -> Outcome {
            let file = path.hasPrefix("scripts/") ? packageRoot.appendingPathComponent(path).path : path
            return try RunningCommand(
                URL(fileURLWithPath: "/bin/bash"), [file] + arguments, in: lathe.folder,
                environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"].merging(lathe.environment) { $1 }, output: nil
            ).wait()
        }

        func install(_ arguments: String..., in lathe: LatheCommand) throws -> Outcome {
            try onBinary("install.sh", arguments, in: lathe)
        }

        private func package(_ folder: String, in lathe: LatheCommand) throws -> Outcome {
            try onBinary("package.sh", [folder], in: lathe)
        }

        private func onBinary(_ script: String, _ arguments: [String], in lathe: LatheCommand) throws -> Outcome {
            let binary = try #require(LatheCommand.executable?.path)
            return try RunningCommand(
                URL(fileURLWithPath: "/bin/bash"),
                [packageRoot.appendingPathComponent("scripts/\(script)").path, "--binary", binary] + arguments,
                in: lathe.folder, environment: lathe.environment, output: nil
            ).wait()
        }

        /// Paths of all files below `path`.
        func files(below path: String, in lathe: LatheCommand) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: lathe.url(path).path).filter { name in
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: lathe.url(path + "/" + name).path, isDirectory: &isFolder)
                    && !isFolder.boolValue
            }.sorted()
        }

        private static let installed = [
            "bin/lathe", "share/bash-completion/completions/lathe", "share/doc/lathe/LICENSE",
            "share/fish/vendor_completions.d/lathe.fish", "share/lathe/install.manifest",
            "share/lathe/recipe.schema.json", "share/man/man1/lathe.1", "share/man/man5/lathe-recipe.5",
            "share/zsh/site-functions/_lathe",
        ]

        @Test func whatIsInstalledRunsAndGoesAgain() throws {
            try LatheCommand.inFolder { lathe in
                // A place with spaces, parts of which are somebody's.
                try FileManager.default.createDirectory(
                    at: lathe.url("my place/bin"), withIntermediateDirectories: true)
                try lathe.write("my place/bin/other", "mine\n")
                let first = try install("my place", in: lathe)
                #expect(first.code == 0 && first.errors.contains("8 files, 0 of them unchanged"), "\(first.errors)")
                #expect(try files(below: "my place", in: lathe) == (Self.installed + ["bin/other"]).sorted())
                let command = try RunningCommand(
                    lathe.url("my place/bin/lathe"), ["--version"], in: lathe.folder, output: nil
                ).wait()
                #expect(command.code == 0)
                let page = try lathe("manual").output
                let schema = try lathe("recipe", "schema").output
                #expect(try lathe.text("my place/share/man/man1/lathe.1") == page)
                #expect(try lathe.text("my place/share/lathe/recipe.schema.json") == schema)

                let second = try install("my place", in: lathe)
                #expect(second.code == 0 && second.errors.contains("8 of them unchanged"), "\(second.errors)")

                let gone = try script("scripts/install.sh", "--uninstall", "my place", in: lathe)
                #expect(gone.code == 0, "\(gone.errors)")
                let left = try FileManager.default.subpathsOfDirectory(atPath: lathe.url("my place").path)
                #expect(left.sorted() == ["bin", "bin/other"])
                try script("scripts/install.sh", "--uninstall", "my place", in: lathe)
                    .expectFailure(66, "nothing was installed")
            }
        }

        @Test func whatSomebodyElseWroteStays() throws {
            try LatheCommand.inFolder { lathe in
                try FileManager.default.createDirectory(at: lathe.url("p/bin"), withIntermediateDirectories: true)
                try lathe.write("p/bin/lathe", "another program\n")
                try install("p", in: lathe).expectFailure(74, "p/bin/lathe", "nothing was written")
                #expect(try files(below: "p", in: lathe) == ["bin/lathe"])

                // What is changed after it was installed is somebody's too.
                try FileManager.default.removeItem(at: lathe.url("p/bin/lathe"))
                #expect(try install("p", in: lathe).code == 0)
                try lathe.write("p/share/man/man1/lathe.1", "my notes\n")
                try install("p", in: lathe).expectFailure(74, "share/man/man1/lathe.1", "changed since")
                let gone = try script("scripts/install.sh", "--uninstall", "p", in: lathe)
                #expect(gone.code == 0 && gone.errors.contains("lathe.1"), "\(gone.errors)")
                #expect(try files(below: "p", in: lathe) == ["share/man/man1/lathe.1"])
                #expect(try lathe.text("p/share/man/man1/lathe.1") == "my notes\n")
            }
        }

        @Test func anotherVersionTakesThePlaceInOneStep() throws {
            try LatheCommand.inFolder { lathe in
                #expect(try install("p", in: lathe).code == 0)
                // What an older version left: another page, and one that is no more.
                try lathe.write("p/share/man/man1/lathe.1", "of an older version\n")
                try lathe.write("p/share/man/man1/lathe-old.1", "a page that is no more\n")
                let sums = try RunningCommand(
                    URL(fileURLWithPath: "/usr/bin/env"),
                    ["sha256sum", "share/man/man1/lathe.1", "share/man/man1/lathe-old.1"],
                    in: lathe.url("p"), output: nil
                ).wait().output
                let list = "p/share/lathe/install.manifest"
                try lathe.write(list, try lathe.text(list) + sums)
                let running = try RunningCommand(
                    lathe.url("p/bin/lathe"), ["train", "recipe.yaml", "--quiet", "--set", "train.max_steps=30"],
                    in: lathe.folder, output: nil)
                let update = try install("p", in: lathe)
                #expect(update.code == 0 && update.errors.contains("7 of them unchanged"), "\(update.errors)")
                let left = try files(below: "p", in: lathe).filter { !$0.hasPrefix(".logs") }
                #expect(left == Self.installed)
                #expect(try running.wait().code == 0)
                let check = try RunningCommand(
                    URL(fileURLWithPath: "/usr/bin/env"),
                    ["sha256sum", "--check", "--strict", "share/lathe/install.manifest"], in: lathe.url("p"),
                    output: nil
                ).wait()
                #expect(check.code == 0, "\(check.errors)")
            }
        }

        @Test func aPlaceOfItsOwnStandsBeforeThePrefix() throws {
            try LatheCommand.inFolder { plain in
                let lathe = LatheCommand(
                    folder: plain.folder, environment: ["DESTDIR": plain.url("image").path])
                let made = try install("/usr", in: lathe)
                #expect(made.code == 0, "\(made.errors)")
                #expect(try files(below: "image/usr", in: lathe) == Self.installed)
            }
        }

        @Test func mistakesAreSaid() throws {
            try LatheCommand.inFolder { lathe in
                try install("--purge", in: lathe).expectFailure(64, "--purge")
                try install("a", "b", in: lathe).expectFailure(64, "one PREFIX")
                try script("scripts/install.sh", "--binary", "nowhere", "p", in: lathe).expectFailure(66, "nowhere")
                try script("scripts/install.sh", "--binary", "/bin/false", "p", in: lathe)
                    .expectFailure(70, "/bin/false does not start")
                try lathe.write("file", "")
                try install("file", in: lathe).expectFailure(74, "file")
                #expect(!lathe.has("p"))
            }
        }

        private static let canPackage = ["patchelf", "readelf", "ldd", "clang"].allSatisfy { name in
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
                FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
            }
        }

        /// The archive is unpacked elsewhere; its libraries, not those of the system, are what the command there opens.
        @Test(.enabled(if: canPackage, "needs patchelf, readelf and clang"))
        func anArchiveRunsWhereItIsUnpacked() throws {
            try LatheCommand.inFolder { lathe in
                let made = try package("out", in: lathe)
                try #require(made.code == 0, "\(made.errors)")
                let archive = try #require(try lathe.names(in: "out").first { $0.hasSuffix(".tar.gz") })
                // It takes the place of its own archive, and of no other.
                let again = try package("out", in: lathe)
                #expect(again.code == 0, "\(again.errors)")
                try FileManager.default.createDirectory(at: lathe.url("taken"), withIntermediateDirectories: true)
                try lathe.write("taken/" + archive, "mine\n")
                try package("taken", in: lathe)
                    .expectFailure(74, "taken/" + archive + " is in the way")
                try lathe.copy("out/" + archive + ".sha256", to: "taken/" + archive + ".sha256")
                try package("taken", in: lathe)
                    .expectFailure(74, "taken/" + archive + " is in the way")
                try FileManager.default.removeItem(at: lathe.url("taken/" + archive))
                try lathe.write("taken/" + archive + ".sha256", "mine\n")
                try package("taken", in: lathe)
                    .expectFailure(74, archive + ".sha256 is in the way")
                #expect(try lathe.text("taken/" + archive + ".sha256") == "mine\n")
                let version = try lathe("--version").output.split(separator: "\n")[0]
                #expect(archive.hasPrefix("lathe-\(version)-linux-"))
                let unpack = try RunningCommand(
                    URL(fileURLWithPath: "/bin/bash"),
                    [
                        "-c",
                        "sha256sum -c ./*.sha256 && mkdir else && tar -xzf ./*.tar.gz -C else --strip-components=1",
                    ],
                    in: lathe.url("out"), output: nil
                ).wait()
                try #require(unpack.code == 0, "\(unpack.errors)")
                let folder = lathe.url("out/else").resolvingSymlinksInPath()
                let score = try RunningCommand(
                    folder.appendingPathComponent("bin/lathe"),
                    ["score", "--model", LatheCommand.huggingFace, "--data", "held.jsonl", "--json"],
                    in: lathe.folder, environment: ["LD_DEBUG": "libs", "LD_LIBRARY_PATH": ""], output: nil
                ).wait()
                #expect(score.code == 0)
                let loaded = score.errors.components(separatedBy: "calling init: ").dropFirst()
                    .map { String($0.prefix { $0 != "\n" }) }
                for library in ["libhdf5", "libopenblas", "libonig", "libcrypto", "libgfortran", "libcurl"] {
                    let places = loaded.filter { $0.contains("/\(library)") }
                    #expect(places.count == 1 && places[0].contains("/else/bin/../lib/lathe/"), "\(library): \(places)")
                }
                #expect(try lathe.names(in: "out/else/share/doc/lathe/licences").count > 8)

                let second = try script(folder.appendingPathComponent("install.sh").path, "q", in: lathe)
                #expect(second.code == 0, "\(second.errors)")
                try script(folder.appendingPathComponent("install.sh").path, folder.path, in: lathe)
                    .expectFailure(64, "unpacked")
                #expect(lathe.has("q/lib/lathe/libcurl.so.4") && lathe.has("q/share/man/man1/lathe.1"))
                #expect(try script("scripts/install.sh", "--uninstall", "q", in: lathe).code == 0)
                #expect(!lathe.has("q"))
            }
        }
    }
}
