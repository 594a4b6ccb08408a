// The prepared file's tokens and masks against transformers, by the script that checks more of them.

import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite(
        .needs("vectors/jinja/hfjs-e2e.json"), .needs("models/smollm2-tokenizer"),
        .needsPython("transformers", "torch", "h5py"))
    struct MaskChecks {
        /// Templates that write a system message of their own, that take reasoning out of the history, and that put the generation
        /// prompt otherwise than the turn.
        @Test(arguments: ["SmolLM2", "Qwen3-0.6B", "Llama-3.1"]) func masksAreThoseOfTransformers(template: String)
            throws
        {
            let sets = ["smile", "kdconv", "taskmaster", "tools", "thinking"].flatMap { ["--set", $0] }
            let (status, text) = try ReferencePython.run(
                with: ["transformers", "torch", "h5py"],
                [
                    packageRoot.appendingPathComponent("scripts/checks/masks_against_transformers.py").path,
                    "--lathe", #require(LatheCommand.executable).path, "--data", SharedData.url("").path,
                    "--rows", "12", "--template", template,
                ] + sets)
            #expect(status == 0, "\(text)")
            let lines = text.split(separator: "\n").filter { $0.contains("tokens with loss") }
            #expect(lines.count >= 4)
            #expect(lines.allSatisfy { $0.contains(" 0 differ") }, "\(text)")
        }
    }
}
