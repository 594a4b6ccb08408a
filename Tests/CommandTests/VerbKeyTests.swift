// A key that is set for one call and that its verb does not read is refused; a recipe's file may hold keys of all verbs.

import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite struct VerbKeys {
        private static let base = ["--model", TinyModel.base.path]

        /// Each verb with keys that others read.
        @Test(arguments: [
            (
                ["train", "recipe.yaml"],
                ["merge.enabled=true", "export=[{format: peft}]", "evaluate.max_new_tokens=8"]
            ),
            (
                ["prepare", "recipe.yaml"],
                [
                    "train.max_steps=4", "adapter.r=2", "model.precision=fp32", "evaluate.enabled=false",
                    "data.shuffle=false",
                ]
            ),
            (["run", "recipe.yaml"], ["sweep={adapter.r: [2, 4]}"]),
            (["sweep", "recipe.yaml"], ["merge.enabled=true", "distill.teacher=x"]),
            (["distill", "recipe.yaml"], ["merge.enabled=true", "export=[{format: peft}]"]),
            (
                ["capture", "recipe.yaml"],
                ["train.max_steps=4", "adapter.r=2", "evaluate.enabled=false", "data.shuffle=false"]
            ),
            (["prepare", "recipe.yaml", "--export", "jsonl"], ["data.max_length=9", "data.train_on_prompt=true"]),
            (["inspect", "recipe.yaml", "--example", "0"], ["train.max_steps=4", "model.precision=fp32"]),
            (["inspect", "train.jsonl", "--example", "0"] + base, ["data.steps=[normalise]", "seed=3"]),
            (["inspect", "train.jsonl"], ["data.format=text"]), (["doctor"], ["train.threads=1"]),
            (
                ["evaluate", "--data", "held.jsonl"] + base,
                [
                    "data.steps=[normalise]", "data.split.by=row", "evaluate.enabled=false", "merge.dtype=fp16",
                    "model.path=x",
                ]
            ),
            (["score", "--data", "held.jsonl"] + base, ["seed=3", "evaluate.bootstrap_samples=200", "data.train=x"]),
            (
                ["merge", "--adapter", "none", "--out", "out"] + base,
                ["model.precision=fp32", "data.max_length=9", "merge.path=there", "train.max_steps=3"]
            ),
            (
                ["merge", "--adapter", "none", "--search", "held.jsonl", "--out", "out"] + base,
                ["merge.path=there", "data.train=x", "train.max_steps=3"]
            ),
            (
                ["extract", "--tuned", "none", "--rank", "2", "--out", "out"] + base,
                ["merge.dtype=fp32", "model.precision=fp32", "seed=3"]
            ),
            (
                ["prune", "--layers", "0", "--out", "out"] + base,
                ["data.max_length=9", "merge.dtype=fp32", "train.max_steps=3"]
            ),
            (
                ["prune", "--layers", "0", "--data", "held.jsonl", "--out", "out"] + base,
                ["data.held_out=x", "data.steps=[normalise]", "merge.dtype=fp32"]
            ),
            (
                ["export", "--format", "safetensors", "--out", "out"] + base,
                ["data.system=Hi", "model.precision=fp32"]
            ),
            (["serve", "--port", "0"] + base, ["seed=3", "data.system=Hi", "train.memory_limit=1GB"]),
            (
                ["generate", "--prompt", "Tom"] + base,
                ["data.max_length=9", "train.memory_limit=1GB", "evaluate.metrics=[]"]
            ),
        ])
        func whatAVerbDoesNotReadIsRefused(_ call: [String], _ settings: [String]) throws {
            try LatheCommand.inFolder { lathe in
                for setting in settings {
                    let key = setting.prefix { $0 != "=" }
                    try lathe.start(call + ["--set", setting]).wait().expectFailure(64, "--set \(key)", "leave it out")
                }
                #expect(!lathe.has("checkpoints") && !lathe.has("out"))
            }
        }

        /// The same keys in the file are another verb's.
        @Test func aFileMayHoldKeysOfAllVerbs() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write(
                    "recipe.yaml",
                    LatheCommand.recipe + "merge: { enabled: true, path: there }\nexport: [{ format: peft }]\n"
                        + "evaluate: { metrics: [bleu], max_new_tokens: 4 }\n")
                for call in [
                    ["prepare", "recipe.yaml"], ["train", "recipe.yaml"], ["inspect", "recipe.yaml", "--example", "0"],
                    ["prepare", "recipe.yaml", "--export", "jsonl", "--set", "train.threads=1"],
                ] {
                    let outcome = try lathe.start(call).wait()
                    #expect(outcome.code == 0, "\(call): \(outcome.errors)")
                }
            }
        }

        /// Beside how a prompt is asked, some keys do nothing.
        @Test(arguments: [
            (["--set", "seed=3"], "--temperature is 0"), (["--top-k", "5"], "--temperature is 0"),
            (["--raw", "--set", "data.system=Hi"], "--raw"), (["--raw", "--set", "data.prompt_style=plain"], "--raw"),
            (["--system", "Hi", "--set", "data.system=Ho"], "--system is given"),
            (["--raw", "--set", #"data.chat_template="{{ messages }}""#], "no chat template"),
            (["--set", "data.template_date=2024-02-29"], "does not ask for the date"),
        ])
        func aPromptThatNeedsNoneOfThem(_ settings: [String], _ words: String) throws {
            try LatheCommand.inFolder { lathe in
                let call = ["generate", "--model", TinyModel.chat.path, "--prompt", "Tom", "--max-new-tokens", "1"]
                try lathe.start(call + settings).wait().expectFailure(64, words)
                #expect(try lathe.start(call).wait().code == 0)
            }
        }
    }
}
