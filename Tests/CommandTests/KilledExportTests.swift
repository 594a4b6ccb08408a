// Exports that are killed, and exports that come at once: no list names what is not there, and no file stands beside another's list.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct KilledExports {
        private static let names = ["Modelfile", "m.gguf", "m.gguf.manifest.json"]

        private static func arguments(_ out: String, _ type: String) -> [String] {
            [
                "export", "--model", TinyModel.chatGGUF.path, "--format", "gguf", "--type", type, "--out", out,
                "--quiet",
            ]
        }

        /// Kills the export at its `moment`th `call` of the system, which changes names.
        private static func kill(
            _ lathe: LatheCommand, _ out: String, _ type: String, at moment: Int, _ call: String
        ) throws -> Outcome {
            let executable = try #require(LatheCommand.executable, "the command is not built")
            return try RunningCommand(
                URL(fileURLWithPath: "/usr/bin/strace"),
                [
                    "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                    "inject=\(call):signal=KILL:when=\(moment)", executable.path,
                ] + arguments(out, type), in: lathe.folder, output: nil
            ).wait()
        }

        /// - Parameter earlier: whether something of Lathe's stands there.
        @Test(
            .enabled(if: DiskTests.hasStrace, "strace is not installed (apt-get install strace)"),
            arguments: [false, true])
        func aKilledExportListsNothingThatIsNotThere(earlier: Bool) throws {
            try LatheCommand.inFolder { lathe in
                var killed = 0
                for call in ["rename", "renameat2"] {
                    var moment = 1
                    while try expectSoundness(lathe, "\(call)-\(moment)", earlier: earlier, at: moment, call) {
                        (killed, moment) = (killed + 1, moment + 1)
                    }
                }
                #expect(killed >= 3)
            }
        }

        /// Kills one export and does it again; whether it was killed.
        private func expectSoundness(
            _ lathe: LatheCommand, _ folder: String, earlier: Bool, at moment: Int, _ call: String
        ) throws -> Bool {
            let out = folder + "/m.gguf"
            if earlier { #expect(try lathe.start(Self.arguments(out, "fp16")).wait().code == 0) }
            let outcome = try Self.kill(lathe, out, "Q8_0", at: moment, call)
            let check = try lathe("verify", folder)
            #expect(check.code == 0 || (!earlier && check.code == 66), "\(folder): \(check.errors)")
            #expect(!lathe.has(out + ".manifest.json") || lathe.has(out), "\(folder)")
            guard outcome.code != 0 else { return false }
            let again = try lathe.start(Self.arguments(out, "Q8_0")).wait()
            #expect(again.code == 0, "\(folder): \(again.errors)")
            #expect(try lathe.names(in: folder) == Self.names, "\(folder)")
            #expect(try lathe("verify", folder).code == 0)
            return true
        }

        /// Whichever comes last, what stands there then is all its own.
        @Test func exportsIntoOnePlaceAtOnceDoNotMix() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write(
                    "other.jinja",
                    "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{{ eos_token }}{% endfor %}"
                        + "{% if add_generation_prompt %}[assistant] {% endif %}")
                let other = ["--set", "data.chat_template=other.jinja"]
                for _ in 0..<3 {
                    let running = try [[], other, [], other].map {
                        try lathe.start(Self.arguments("ship/m.gguf", $0.isEmpty ? "fp16" : "Q8_0") + $0)
                    }
                    for call in running {
                        let outcome = try call.wait()
                        #expect(outcome.code == 0, "\(outcome.errors)")
                    }
                    #expect(try lathe.names(in: "ship") == Self.names)
                    #expect(try lathe.json("verify", "ship")["passed"] == true)
                    let types = try lathe.json("inspect", "ship/m.gguf")["types"]?.array ?? []
                    let isOther = types.contains { $0["type"] == "Q8_0" }
                    #expect(try lathe.text("ship/Modelfile").contains("[assistant]") == isOther)
                }
            }
        }
    }
}
