// The manual and the completions are made from the command: each verb, option and key is in them.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct ManualPages {
        /// A verb with the words that call it and its options, as the command line tells them.
        private struct Call {
            let words: [String]
            let options: [String]
            let abstract: String
        }

        private static func calls(_ command: JSONValue, _ words: [String] = []) -> [Call] {
            let verbs = (command["subcommands"]?.array ?? []).filter { $0["shouldDisplay"]?.bool ?? true }
            guard verbs.isEmpty else {
                return verbs.flatMap { calls($0, words + [$0["commandName"]?.string ?? ""]) }
            }
            let options = (command["arguments"]?.array ?? []).flatMap { $0["names"]?.array ?? [] }
            return [
                Call(
                    words: words,
                    options: options.filter { $0["kind"]?.string == "long" }.compactMap { $0["name"]?.string },
                    abstract: command["abstract"]?.string ?? "")
            ]
        }

        private static func calls(of lathe: LatheCommand) throws -> [Call] {
            let calls = calls(try #require(try lathe("--experimental-dump-help").json["command"]))
            try #require(calls.count > 12)
            return calls
        }

        /// A page as text in the widest of lines, by man where there is one; else `nil`.
        private static func shown(_ page: String, in lathe: LatheCommand) throws -> String? {
            let man = URL(fileURLWithPath: "/usr/bin/man")
            guard FileManager.default.isExecutableFile(atPath: man.path) else { return nil }
            try lathe.write("page", page)
            let outcome = try RunningCommand(
                man, ["--warnings", "-l", "page"], in: lathe.folder,
                environment: ["MANWIDTH": "4000", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": "", "MANPAGER": "cat"],
                output: nil
            ).wait()
            #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
            return outcome.output
        }

        /// Roff without its fonts and masks.
        private static func plain(_ page: String) -> String {
            page.replacing("\\fB", with: "").replacing("\\fI", with: "").replacing("\\fR", with: "")
                .replacing("\\-", with: "-").replacing("\\(aq", with: "'").replacing("\\(dq", with: "\"")
        }

        @Test func thePageOfTheCommandHasAllOfIt() throws {
            try LatheCommand.inFolder { lathe in
                let page = try lathe("manual").output
                for text in [Self.plain(page), try Self.shown(page, in: lathe)].compactMap(\.self) {
                    for call in try Self.calls(of: lathe) {
                        #expect(text.contains("lathe " + call.words.joined(separator: " ")), "\(call.words)")
                        #expect(text.contains(call.abstract), "\(call.words)")
                        for option in call.options { #expect(text.contains("--" + option), "\(call.words)") }
                    }
                    for code in ["0", "64", "65", "66", "70", "74", "130"] {
                        #expect(text.split(separator: "\n").contains { $0.split(separator: " ").first == code[...] })
                    }
                }
            }
        }

        @Test func thePageOfRecipesHasEveryKey() throws {
            try LatheCommand.inFolder { lathe in
                let page = try lathe("manual", "recipe").output
                let keys = try lathe("---completion", "run", "--", "--set", "2", "0", "lathe", "run", "--set", "")
                let paths = keys.output.split(separator: "\n").map { $0.prefix { $0 != "=" } }
                try #require(paths.count > 60 && paths.contains("train.warmup_ratio"))
                for text in [Self.plain(page), try Self.shown(page, in: lathe)].compactMap(\.self) {
                    let words = Set(text.split { " \n".contains($0) })
                    for path in paths { #expect(words.contains(path), "\(path)") }
                    #expect(words.contains("export.format"))
                }
            }
        }

        /// What the environment changes is told.
        @Test func thePageNamesEveryVariable() throws {
            let sources = try #require(
                FileManager.default.enumerator(
                    at: packageRoot.appendingPathComponent("Sources"), includingPropertiesForKeys: nil))
            var names: Set<Substring> = []
            let expression = try Regex(
                #"(?:getenv\(|environment\[|variable = )"([A-Z_]+)""#, as: (Substring, Substring).self)
            for case let file as URL in sources where ["swift", "c"].contains(file.pathExtension) {
                let text = try String(contentsOf: file, encoding: .utf8)
                names.formUnion(text.matches(of: expression).map(\.output.1))
            }
            // Set by Lathe itself, beside LATHE_ISA.
            names.remove("OPENBLAS_CORETYPE")
            #expect(names.contains("LATHE_ISA") && names.contains("NO_COLOR"))
            try LatheCommand.inFolder { lathe in
                let page = Self.plain(try lathe("manual").output)
                for name in names { #expect(page.contains("\n\(name)\n"), "\(name)") }
            }
        }

        /// The files that the page names are those that a run leaves.
        @Test func thePageNamesFilesOfARun() throws {
            try LatheCommand.inFolder { lathe in
                let page = Self.plain(try lathe("manual").output)
                _ = try lathe.json("run", "recipe.yaml")
                for line in page.split(separator: "\n") where line.hasPrefix("checkpoints/NAME/") {
                    for name in line.dropFirst("checkpoints/NAME/".count).split(separator: ", ") {
                        let found = try lathe.names(in: "checkpoints/tiny").contains { file in
                            let parts = name.split(separator: "*", omittingEmptySubsequences: false)
                            return file.hasPrefix(parts[0]) && file.hasSuffix(parts[parts.count - 1])
                        }
                        #expect(found, "\(name)")
                    }
                }
                #expect(lathe.has("checkpoints/tiny/adapter/manifest.json"))
            }
        }

        @Test(arguments: ["bash", "zsh", "fish"])
        func completionsHaveEveryVerbAndOption(shell: String) throws {
            try LatheCommand.inFolder { lathe in
                let script = try lathe("--generate-completion-script", shell).output
                for call in try Self.calls(of: lathe) {
                    for word in call.words { #expect(script.contains(word), "\(call.words)") }
                    let options = call.options.map { shell == "fish" ? "-l '\($0)'" : "--\($0)" }
                    for option in options { #expect(script.contains(option), "\(call.words)") }
                }
                guard
                    let program = ["/bin", "/usr/bin"].map({ "\($0)/\(shell)" }).first(where: {
                        FileManager.default.isExecutableFile(atPath: $0)
                    })
                else { return }
                try lathe.write("script", script)
                let outcome = try RunningCommand(
                    URL(fileURLWithPath: program), ["-n", "script"], in: lathe.folder, output: nil
                ).wait()
                #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
            }
        }

        /// What bash offers after the words of a line.
        @Test func bashCompletes() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("script", try lathe("--generate-completion-script", "bash").output)
                let folder = try #require(LatheCommand.executable).deletingLastPathComponent().path
                func offered(_ words: String...) throws -> Set<Substring> {
                    let line = words.joined(separator: " ")
                    let program = """
                        PATH="\(folder):$PATH"; source ./script
                        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
                        COMP_TYPE=9; COMP_KEY=9; compopt() { :; }
                        _lathe lathe "${@: -1}" "${@: -2:1}"; printf '%s\\n' "${COMPREPLY[@]}"
                        """
                    let outcome = try RunningCommand(
                        URL(fileURLWithPath: "/bin/bash"), ["-c", program, "bash"] + words, in: lathe.folder,
                        output: nil
                    ).wait()
                    #expect(outcome.code == 0, "\(line): \(outcome.errors)")
                    return Set(outcome.output.split(separator: "\n"))
                }
                #expect(try offered("lathe", "").isSuperset(of: ["run", "train", "score", "recipe", "manual"]))
                #expect(try offered("lathe", "ex") == ["export", "extract"])
                #expect(
                    try offered("lathe", "merge", "--").isSuperset(of: ["--model", "--adapter", "--out", "--json"]))
                #expect(try offered("lathe", "export", "--format", "s") == ["safetensors"])
                #expect(try offered("lathe", "run", "re") == ["recipe.yaml"])
                #expect(try offered("lathe", "score", "--data", "he") == ["held.jsonl"])
                #expect(
                    try offered("lathe", "train", "recipe.yaml", "--set", "train.warmup_r") == ["train.warmup_ratio="])
            }
        }
    }
}
