// Places that a recipe names for what comes out of a run: another run's are left alone, a run's own are known by what lies there.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct SharedPlaces {
        /// A key that names a place, the place, and the setting.
        private static let outputs: [(key: String, place: String, setting: String)] = [
            ("merge.path", "out", "merge={enabled: true, path: out}"),
            ("export[0].path", "out", "export=[{format: peft, path: out}]"),
            ("export[0].path", "out", "export=[{format: safetensors, path: out}]"),
            ("export[0].path", "out.h5", "export=[{format: hdf5, path: out.h5}]"),
        ]

        private static func run(
            _ lathe: LatheCommand, _ name: String, _ settings: String..., more: [String] = []
        ) throws -> Outcome {
            try lathe.start(
                ["run", "recipe.yaml", "--json"] + more
                    + (["name=\(name)", "train.max_steps=2"] + settings).flatMap { ["--set", $0] }
            ).wait()
        }

        /// The file, or every file of the folder, with what it holds.
        private static func content(_ lathe: LatheCommand, _ place: String) throws -> [String: Data] {
            if let file = try? Data(contentsOf: lathe.url(place)) { return [place: file] }
            var files: [String: Data] = [:]
            for name in try FileManager.default.subpathsOfDirectory(atPath: lathe.url(place).path) {
                files[name] = try? Data(contentsOf: lathe.url(place + "/" + name))
            }
            return files
        }

        /// Whichever of two runs comes first keeps its output, and the other one says so before any work.
        @Test(arguments: outputs)
        func anotherRunsOutputIsNotReplaced(_ key: String, _ place: String, _ setting: String) throws {
            try LatheCommand.inFolder { lathe in
                for (first, second) in [("one", "two"), ("two", "one")] {
                    for path in [place, place + ".manifest.json", "checkpoints"] {
                        try? FileManager.default.removeItem(at: lathe.url(path))
                    }
                    let made = try Self.run(lathe, first, setting)
                    #expect(made.code == 0, "\(made.errors)")
                    let before = try Self.content(lathe, place)
                    for call in [["run"], ["run", "--fresh"], ["plan"], ["recipe", "check"]] {
                        try lathe.start(call + ["recipe.yaml", "--set", "name=\(second)", "--set", setting]).wait()
                            .expectFailure(65, "\(key): ", place, "checkpoints/\(first)", "set another \(key)")
                    }
                    #expect(!lathe.has("checkpoints/\(second)"))
                    // To train is to write none of it.
                    #expect(try lathe("train", "recipe.yaml", "--set", "name=\(second)").code == 0)
                    let again = try Self.run(lathe, first, setting)
                    #expect(again.errors.contains("nothing is done"), "\(again.errors)")
                    #expect(try Self.content(lathe, place) == before)
                }
            }
        }

        /// A run's directory is no exception: what another run put there before it was one stays.
        @Test(arguments: [
            ("merge={enabled: true, path: checkpoints/two/merged}", "merged"),
            ("export=[{format: peft, path: checkpoints/two/adapter}]", "adapter"),
        ])
        func anotherRunsOutputWithinARunIsNotReplaced(_ setting: String, _ name: String) throws {
            try LatheCommand.inFolder { lathe in
                #expect(try Self.run(lathe, "one", setting).code == 0)
                let before = try Self.content(lathe, "checkpoints/two/\(name)")
                #expect(!before.isEmpty)
                let second = try Self.run(lathe, "two", "merge={enabled: true}")
                #expect(second.code == 65 || second.code == 74, "\(second.errors)")
                #expect(second.errors.contains("checkpoints/two/\(name)"), "\(second.errors)")
                #expect(try Self.content(lathe, "checkpoints/two/\(name)") == before)
            }
        }

        /// What is gone, or was replaced by a verb that was told to, is said and made again.
        @Test(arguments: outputs)
        func whatIsLostIsMadeAgain(_ key: String, _ place: String, _ setting: String) throws {
            try LatheCommand.inFolder { lathe in
                let first = try Self.run(lathe, "one", setting)
                #expect(first.code == 0, "\(first.errors)")
                let made = try Self.content(lathe, place)
                func expectAgain(_ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
                    let again = try Self.run(lathe, "one", setting)
                    #expect(
                        again.code == 0 && again.errors.contains(words), "\(again.errors)",
                        sourceLocation: sourceLocation)
                    #expect(!again.errors.contains("── train"), sourceLocation: sourceLocation)
                    #expect(try Self.content(lathe, place) == made, sourceLocation: sourceLocation)
                    #expect(
                        try Self.run(lathe, "one", setting).errors.contains("nothing is done"),
                        sourceLocation: sourceLocation)
                }
                try FileManager.default.removeItem(at: lathe.url(place))
                try expectAgain("is gone: it is made again")
                // Another thing of the same kind, written by a verb that was told this place.
                _ = try lathe("train", "recipe.yaml", "--set", "name=two", "--set", "seed=8")
                let format = setting.firstMatch(of: #/format: (\w+)/#)?.1 ?? "safetensors"
                let other = try lathe(
                    "export", "--model", LatheCommand.huggingFace, "--adapter", "checkpoints/two/adapter", "--format",
                    String(format), "--out", place)
                #expect(other.code == 0, "\(other.errors)")
                #expect(try Self.content(lathe, place) != made)
                try expectAgain("is not what this run wrote there: it is made again")
            }
        }

        /// What a killed process left of a file or of its list goes with the next writing; nothing else does.
        @Test func leftoversOfAKilledExportGo() throws {
            try LatheCommand.inFolder { lathe in
                let gone = 4_194_303  // above every process that the kernel numbers
                let left = [".e.h5.lathe-\(gone)-1.partial", ".e.h5.manifest.json.lathe-\(gone)-2.partial"]
                // Of a process that lives, of another file, and a person's own.
                let others = [
                    ".e.h5.manifest.json.lathe-1-2.partial", ".f.h5.manifest.json.lathe-\(gone)-2.partial",
                    ".e.h5.manifest.json.partial", "e.h5.notes",
                ]
                for name in left + others { try lathe.write(name, "half") }
                let export = ["export", "--model", LatheCommand.huggingFace, "--format", "hdf5", "--out", "e.h5"]
                #expect(try lathe.start(export).wait().code == 0)
                #expect(left.allSatisfy { !lathe.has($0) })
                #expect(others.allSatisfy(lathe.has))
            }
        }

        /// The run itself may merge in another way, start over, or go on, in its own place.
        @Test func aRunReplacesItsOwnOutput() throws {
            try LatheCommand.inFolder { lathe in
                let merge = "merge={enabled: true, path: out}"
                #expect(try lathe("train", "recipe.yaml", "--set", "name=one", "--set", "train.max_steps=2").code == 0)
                let resumed = try Self.run(lathe, "one", merge)
                #expect(resumed.code == 0 && !resumed.errors.contains("── train"), "\(resumed.errors)")
                let whole = try Self.content(lathe, "out")
                let half = try Self.run(lathe, "one", "merge={enabled: true, path: out, dtype: fp16}")
                #expect(half.code == 0, "\(half.errors)")
                #expect(try Self.content(lathe, "out") != whole)
                let fresh = try Self.run(lathe, "one", merge, more: ["--fresh"])
                #expect(fresh.code == 0, "\(fresh.errors)")
                #expect(try Self.content(lathe, "out") == whole)
            }
        }
    }
}
