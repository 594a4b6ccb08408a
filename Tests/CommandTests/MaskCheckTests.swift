// The prepared file's tokens and masks against transformers, by the script that checks more of them.

import Foundation
import TestSupport
import Testing

private let python = ProcessInfo.processInfo.environment["LATHE_PYTHON"]

extension CommandTests {
    @Suite(
        .needs("vectors/jinja/hfjs-e2e.json"), .needs("models/smollm2-tokenizer"),
        .enabled(if: python != nil, "needs LATHE_PYTHON, a Python with transformers, torch and h5py"))
    struct MaskChecks {
        /// Templates that write a system message of their own, that take reasoning out of the history, and that put the generation
        /// prompt otherwise than the turn.
        @Test(arguments: ["SmolLM2", "Qwen3-0.6B", "Llama-3.1"]) func masksAreThoseOfTransformers(template: String)
            throws
        {
            try withTemporaryDirectory { folder in
                let output = folder.appendingPathComponent("output")
                try Data().write(to: output)
                let process = Process()
                process.executableURL = URL(fileURLWithPath: try #require(python))
                process.arguments = [
                    packageRoot.appendingPathComponent("scripts/checks/masks_against_transformers.py").path,
                    "--lathe", try #require(LatheCommand.executable).path, "--data", SharedData.url("").path, "--rows",
                    "12",
                    "--template", template, "--set", "smile", "--set", "kdconv", "--set", "taskmaster", "--set",
                    "tools",
                    "--set", "thinking",
                ]
                process.environment = ProcessInfo.processInfo.environment.merging(["TRANSFORMERS_OFFLINE": "1"]) { $1 }
                process.standardOutput = try FileHandle(forWritingTo: output)
                process.standardError = process.standardOutput
                try process.run()
                process.waitUntilExit()
                let text = try String(contentsOf: output, encoding: .utf8)
                #expect(process.terminationStatus == 0, "\(text)")
                let lines = text.split(separator: "\n").filter { $0.contains("tokens with loss") }
                #expect(lines.count >= 4)
                #expect(lines.allSatisfy { $0.contains(" 0 differ") }, "\(text)")
            }
        }
    }
}
