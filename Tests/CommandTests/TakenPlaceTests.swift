// A person's files in the way of every verb and key that writes: nothing is removed or changed, and the error names the file.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct TakenPlaces {
        private static let base = TinyModel.base.path

        /// A folder with the base model, a trained adapter, photos, links and another run.
        private static func inHome(_ body: (LatheCommand) throws -> Void) throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(base, to: "base")
                for name in ["photos", "checkpoints/photos", "mixed"] {
                    try FileManager.default.createDirectory(
                        at: lathe.url(name + "/summer"), withIntermediateDirectories: true)
                    try lathe.write(name + "/summer/sea.jpg", "a photo")
                }
                try lathe.write("file", "mine")
                for (name, aim) in [("link", "photos"), ("dangling", "nowhere"), ("tobase", "base")] {
                    symlink(aim, lathe.url(name).path)
                }
                link(lathe.url("held.jsonl").path, lathe.url("hard").path)
                var home = lathe
                home.environment["HOME"] = lathe.folder.path
                _ = try home.train("train.max_steps=1", "model.path=base")
                _ = try home.json("run", "recipe.yaml", "--set", "name=other", "--set", "train.max_steps=1")
                try body(home)
            }
        }

        /// Every path below the folder but the logs, with what a file holds or a link leads to.
        private static func all(_ lathe: LatheCommand) throws -> [String: Data] {
            let files = FileManager.default
            var result: [String: Data] = [:]
            for path in try files.subpathsOfDirectory(atPath: lathe.folder.path) where !path.hasPrefix(".logs") {
                let url = lathe.url(path)
                result[path] =
                    (try? files.destinationOfSymbolicLink(atPath: url.path)).map { Data($0.utf8) }
                    ?? (try? Data(contentsOf: url)) ?? Data()
            }
            return result
        }

        /// Runs the command and expects an error that names `fact`, before any work, with everything as it was.
        private static func refuses(
            _ lathe: LatheCommand, _ codes: [Int32], _ fact: String, _ arguments: [String],
            sourceLocation: SourceLocation = #_sourceLocation
        ) throws {
            let before = try all(lathe)
            let outcome = try lathe.start(arguments).wait()
            let words = "\(arguments.joined(separator: " ")): \(outcome.code) \(outcome.errors)"
            #expect(codes.contains(outcome.code), "\(words)", sourceLocation: sourceLocation)
            #expect(outcome.errors.contains(fact), "\(fact) in \(words)", sourceLocation: sourceLocation)
            #expect(!outcome.errors.contains("step "), "\(words)", sourceLocation: sourceLocation)
            #expect(try all(lathe) == before, "\(words)", sourceLocation: sourceLocation)
        }

        /// Places that no output of a run may have, the exit code, and what the error names.
        private static let places: [(String, Int32, String)] = [
            ("photos", 74, "photos/summer/sea.jpg"), ("photos/", 74, "photos/summer/sea.jpg"),
            ("x/../photos", 74, "sea.jpg"), ("file", 74, "file"), ("file/below", 74, "file"), ("link", 74, "link"),
            ("dangling", 74, "dangling"), ("base", 65, "the base model"), ("tobase", 65, "the base model"),
            ("base/merged", 65, "the base model"), ("checkpoints/tiny/adapter", 65, "adapter"),
            ("held.jsonl", 65, "the data"), ("hard", 65, "the data"), ("/", 65, "/"), (".", 65, "working directory"),
            ("..", 65, "working directory"), ("checkpoints/other", 74, "checkpoints/other"),
            ("checkpoints/other/adapter", 65, "another run"), ("checkpoints/other/merged", 65, "another run"),
            ("checkpoints/other/new", 65, "another run"), ("dangling/below", 74, "dangling"),
            (String(repeating: "n", count: 300), 74, "too long"),
        ]

        /// What a run made, read by the call that starts it over or writes there again.
        @Test func whatIsReadIsNeitherRemovedNorReplaced() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json(
                    "run", "recipe.yaml", "--set", "train.max_steps=2", "--set", "train.save_every=1", "--set",
                    "merge.enabled=true", "--set", "export=[{ format: peft }, { format: safetensors }]")
                for (key, path) in [
                    ("model.path", "merged"), ("model.path", "export/safetensors"),
                    ("adapter.continue_from", "export/peft"), ("adapter.continue_from", "step-000001.h5"),
                    ("data.chat_template", "export/safetensors"),
                ] {
                    let place = "checkpoints/tiny/" + path
                    try Self.refuses(
                        lathe, [65], path,
                        ["train", "recipe.yaml", "--fresh", "--set", "\(key)=\(place)", "--set", "train.max_steps=1"])
                }
                let split = ["--set", "data.val_size=0.5", "--set", "data.held_out=null", "--set", "name=rows"]
                let prepare = ["prepare", "recipe.yaml", "--export", "jsonl"] + split
                #expect(try lathe.start(prepare).wait().code == 0)
                try Self.refuses(
                    lathe, [65], "the data", prepare + ["--set", "data.train=checkpoints/rows/rows/train.jsonl"])
            }
        }

        @Test func mergeAndExportKeepWhatIsThere() throws {
            try Self.inHome { lathe in
                let common = ["--model", "base", "--adapter", "checkpoints/tiny/adapter"]
                // These verbs read no rows: there, rows are a person's file as any other.
                let places = Self.places.map { $0.2 == "the data" ? ($0.0, 74, $0.0) : $0 }
                for (place, code, fact) in places {
                    try Self.refuses(lathe, [code], fact, ["merge", "--out", place] + common)
                }
                for (place, code, fact) in places {
                    for format in ["peft", "safetensors", "hdf5"] {
                        // A file cannot be put where a folder is, whatever is in the folder.
                        let seen = format == "hdf5" && code == 74 && fact.hasSuffix("sea.jpg") ? "photos" : fact
                        try Self.refuses(lathe, [code], seen, ["export", "--format", format, "--out", place] + common)
                    }
                }
            }
        }

        @Test func runsKeepWhatIsThere() throws {
            try Self.inHome { lathe in
                for (place, code, fact) in Self.places where place != "checkpoints/tiny/adapter" {
                    let quoted = "\"\(place)\""
                    let more = ["--set", "model.path=base", "--set", "name=new", "--set", "data.held_out=[held.jsonl]"]
                    try Self.refuses(
                        lathe, [code], fact,
                        ["run", "recipe.yaml", "--set", "merge={enabled: true, path: \(quoted)}"] + more)
                    let seen = fact.hasSuffix("sea.jpg") ? "photos" : fact
                    try Self.refuses(
                        lathe, [code], seen,
                        ["run", "recipe.yaml", "--set", "export=[{format: hdf5, path: \(quoted)}]"] + more)
                }
                // Two outputs in one place, and a run's own parts.
                for (set, fact) in [
                    ("export=[{format: hdf5, path: a}, {format: peft, path: a}]", "export[0].path"),
                    ("export=[{format: peft, path: a}, {format: peft, path: a/b}]", "export[0].path"),
                    ("merge={enabled: true, path: checkpoints/tiny}", "own directory"),
                    ("merge={enabled: true, path: checkpoints/tiny/adapter}", "part of this run"),
                    ("merge={enabled: true, path: checkpoints/tiny/prepared/x}", "part of this run"),
                ] { try Self.refuses(lathe, [65], fact, ["run", "recipe.yaml", "--set", set]) }
            }
        }

        @Test func aRunDirectoryThatIsNotLathesIsLeftAlone() throws {
            try Self.inHome { lathe in
                for arguments in [
                    ["run", "recipe.yaml"], ["train", "recipe.yaml"], ["train", "recipe.yaml", "--fresh"],
                    ["prepare", "recipe.yaml"], ["prepare", "recipe.yaml", "--export", "jsonl"],
                ] {
                    try Self.refuses(
                        lathe, [74], "checkpoints/photos/summer", arguments + ["--set", "name=photos"])
                }
                // The base model lies where the run would.
                try lathe.copy(Self.base, to: "checkpoints/base")
                try Self.refuses(
                    lathe, [65], "the base model",
                    ["train", "recipe.yaml", "--set", "name=base", "--set", "model.path=checkpoints/base"])
                try Self.refuses(
                    lathe, [65], "the adapter",
                    [
                        "train", "recipe.yaml", "--fresh", "--set", "adapter={continue_from: checkpoints/tiny/adapter}",
                    ])
            }
        }

        @Test func aPersonsFilesInARunStay() throws {
            try Self.inHome { lathe in
                for name in ["adapter/notes.txt", "tensorboard/mine", "prepared/mine.csv", "adapter/sub/x"] {
                    let url = lathe.url("checkpoints/tiny/\(name)")
                    try FileManager.default.createDirectory(
                        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try Data("mine".utf8).write(to: url)
                    for more in [[], ["--fresh"]] {
                        try Self.refuses(
                            lathe, [74], "checkpoints/tiny/\(name)",
                            ["train", "recipe.yaml", "--set", "model.path=base", "--set", "train.max_steps=2"] + more)
                    }
                    try FileManager.default.removeItem(at: url)
                    rmdir(lathe.url("checkpoints/tiny/adapter/sub").path)
                }
                // What stands beside a run's files, and is none of them, stays whatever the run does.
                try lathe.write("checkpoints/tiny/notes.txt", "mine")
                _ = try lathe.json("train", "recipe.yaml", "--fresh")
                #expect(try lathe.text("checkpoints/tiny/notes.txt") == "mine")
                // A file of the run that a person changed is the person's, and so is one with a checkpoint's name.
                try lathe.write("checkpoints/tiny/report.md", "my remarks")
                try Self.refuses(lathe, [74], "report.md", ["train", "recipe.yaml", "--fresh"])
                unlink(lathe.url("checkpoints/tiny/report.md").path)
                try lathe.write("checkpoints/tiny/step-000001.h5", "mine")
                try Self.refuses(lathe, [74], "step-000001.h5", ["train", "recipe.yaml", "--fresh"])
            }
        }

        @Test func whatLatheWroteIsReplaced() throws {
            try Self.inHome { lathe in
                let common = ["--model", "base", "--adapter", "checkpoints/tiny/adapter"]
                for (name, verb) in [
                    ("merged", ["merge"]), ("model", ["export", "--format", "safetensors"]),
                    ("peft", ["export", "--format", "peft"]), ("m.h5", ["export", "--format", "hdf5"]),
                ] {
                    for _ in 0..<2 {
                        let outcome = try lathe.start(verb + common + ["--out", name]).wait()
                        #expect(outcome.code == 0, "\(outcome.errors)")
                    }
                    // As soon as it holds anything else, it is not.
                    let isFile = name.hasSuffix(".h5")
                    try lathe.write(isFile ? name : name + "/notes.txt", "mine")
                    try Self.refuses(lathe, [74], isFile ? name : name + "/notes.txt", verb + common + ["--out", name])
                }
                let certificate = try JSONValue(parsing: lathe.text("merged/merge_certificate.json"))
                #expect(certificate["passed"] == true)
                let listed = try JSONValue(parsing: lathe.text("merged/manifest.json"))["files"]?.array ?? []
                #expect(listed.contains { $0["path"] == "merge_certificate.json" })
                // Another kind of thing never takes the place of an adapter.
                unlink(lathe.url("peft/notes.txt").path)
                try Self.refuses(lathe, [74], "an adapter", ["merge", "--out", "peft"] + common)
            }
        }
    }
}
