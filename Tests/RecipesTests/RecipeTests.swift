import Recipes
import Testing

private let minimal = "model: { path: base.gguf }\ndata: { train: rows.jsonl }\n"

@Suite struct RecipeTests {
    @Test func aMinimalRecipeHoldsEveryDefault() throws {
        var recipe = try Recipe.load(yaml: minimal, file: "r.yaml")
        #expect(recipe.model.path == "base.gguf")
        #expect(recipe.data.train == ["rows.jsonl"])
        recipe.model = ModelSection()
        recipe.data.train = []
        #expect(recipe.data == DataSection())
        #expect(recipe.adapter == AdapterSection())
        #expect(recipe.train == TrainSection())
        #expect(recipe.isSet("model.path"))
        #expect(recipe.isSet("data"))
        #expect(!recipe.isSet("train.epochs"))
    }

    @Test func learningRateIsOneNumberHoweverItIsWritten() throws {
        for text in ["1e-4", "1.0e-4", "\"1e-4\"", "0.0001", "1E-4", "'1e-4'", ".0001", "+1e-4"] {
            let recipe = try Recipe.load(yaml: minimal + "train: { learning_rate: \(text) }\n", file: "r.yaml")
            #expect(recipe.train.learningRate == 1e-4, "\(text)")
        }
    }

    @Test func wholeNumbersFollowTheCoreSchema() throws {
        for (text, value) in [
            ("010", 10), ("0o10", 8), ("0x10", 16), ("1e3", 1000), ("\"7\"", 7), ("+7", 7), ("8.0", 8),
        ] {
            let recipe = try Recipe.load(yaml: minimal + "seed: \(text)\n", file: "r.yaml")
            #expect(recipe.seed == value, "\(text)")
        }
    }

    @Test func wordsOfYAMLOneOneAreText() throws {
        let recipe = try Recipe.load(
            yaml: "name: no\n" + minimal + "adapter: { target_modules: [on, off] }\n", file: "r.yaml")
        #expect(recipe.name == "no")
        #expect(recipe.adapter.targetModules == .patterns(["on", "off"]))
    }

    /// A recipe that says nearly everything.
    private static let everything = """
        name: all
        seed: 7
        model: { path: m, precision: fp32 }
        data:
          train: [a, b]
          held_out: c
          format: prompt_completion
          columns: { prompt: question, completion: answer }
          labels: ["yes", "no"]
          chat_template: t.jinja
          max_length: 128
          too_long: truncate
          train_on_prompt: true
          shuffle: false
        adapter:
          method: lora
          r: 8
          alpha: 12
          dropout: 0.1
          target_modules: [q_proj, "*.v_proj"]
          use_rslora: true
          rank_pattern: { q_proj: 4 }
          alpha_pattern: { q_proj: 5.5 }
          layers: [0, 3-5]
        train:
          max_steps: 50
          batch_size: 4
          memory_limit: 1.5 GiB
          learning_rate: 1e-3
          lr_scheduler: linear
          warmup_steps: 3
          weight_decay: 0.01
          adam_beta1: 0.8
          adam_beta2: 0.95
          adam_epsilon: 1e-6
          max_grad_norm: 0
          eval_every: 10
          save_every: 5
          keep_last: 3
          save_best: false
          early_stopping_patience: 2
          recompute: true
          threads: 2
          log_every: 10
        evaluate: { enabled: true, metrics: [exact_match, rouge_l], max_new_tokens: 64, bootstrap_samples: 500 }
        distill:
          teacher: big
          teacher_adapter: clinic
          keep: top_k
          k: 32
          loss: jsd
          beta: 0.25
          temperature: 2
          cross_entropy: 0.1
          compare: true
        merge: { enabled: true, path: out, dtype: fp16 }
        export:
          - { format: peft, path: p }
          - { format: gguf, dtype: bf16 }
        """

    @Test func everyKeyIsRead() throws {
        let recipe = try Recipe.load(yaml: Self.everything, file: "r.yaml")
        #expect(recipe.data.columns == ["prompt": "question", "completion": "answer"])
        #expect(recipe.data.labels == ["yes", "no"])
        #expect(recipe.adapter.layers == [0, 3, 4, 5])
        #expect(recipe.adapter.targetModules == .patterns(["q_proj", "*.v_proj"]))
        #expect(recipe.train.memoryLimitBytes == 3 << 29)
        #expect(recipe.train.recompute == .on)
        #expect(recipe.evaluate.metrics == [.exactMatch, .rougeL])
        #expect(recipe.export.map(\.format) == [.peft, .gguf])
        #expect(recipe.export[1].type == .bf16)
        #expect(recipe.train != TrainSection())

        let again = try Recipe.load(yaml: recipe.resolvedYAML(), file: "again.yaml")
        #expect(again.resolvedYAML() == recipe.resolvedYAML())
        #expect(again.train == recipe.train)
        #expect(again.adapter == recipe.adapter)
        #expect(again.data == recipe.data)
        #expect(again.export == recipe.export)
        #expect(again.distill == recipe.distill)
        #expect(recipe.distill.loss == .jensenShannon && recipe.distill.k == 32)
    }

    @Test func metricsMayBeWrittenAsLibrariesWriteThem() throws {
        let recipe = try Recipe.load(
            yaml: "model: { path: m }\ndata: { train: t.jsonl, held_out: h.jsonl }\n"
                + "evaluate: { metrics: [rouge1, rougeL, rouge_lsum, chrf++], held_out: { b: [x, y], a: z } }",
            file: "r.yaml")
        #expect(recipe.evaluate.metrics == [.rouge1, .rougeL, .rougeLsum, .chrFPlusPlus])
        // Sets stay in the recipe's order.
        #expect(recipe.evaluate.heldOut.map(\.name) == ["b", "a"] && recipe.evaluate.heldOut[0].files == ["x", "y"])
        let again = try Recipe.load(yaml: recipe.resolvedYAML(), file: "again.yaml")
        #expect(again.evaluate == recipe.evaluate)
    }

    @Test(arguments: [
        ("data: { train: t, held_out: { a: x } }", "data.held_out", "evaluate.held_out"),
        ("data: { train: t, held_out: h }\nevaluate: { held_out: { 'a,b': x } }", "evaluate.held_out", "letters"),
        ("data: { train: t, held_out: h }\nevaluate: { held_out: { a: {} } }", "evaluate.held_out.a", ""),
        ("data: { train: t, held_out: h }\nevaluate: { metrics: [rouge9] }", "evaluate.metrics[0]", ""),
    ]) func setsAndMetricsThatCannotBeAreNamed(_ yaml: String, _ key: String, _ hint: String) throws {
        let error = try #require(throws: RecipeError.self) {
            try Recipe.load(yaml: "model: { path: m }\n" + yaml, file: "r.yaml")
        }
        let found = try #require(error.diagnostics.first)
        #expect(found.keyPath == key && (hint.isEmpty || found.hint?.contains(hint) == true), "\(found)")
    }

    /// An adapter that is trained further has its own shape: a recipe that is written out says nothing else of it.
    @Test func anAdapterToGoOnFromReadsBackWithoutAShape() throws {
        let recipe = try Recipe.load(
            yaml: minimal + "adapter: { continue_from: old, r: 8, target_modules: [q_proj], dropout: 0.1 }\n",
            file: "r.yaml")
        #expect(recipe.adapter.continueFrom == "old" && recipe.adapter.r == 8)
        let text = recipe.resolvedYAML()
        #expect(text.contains("  continue_from: old\n") && !text.contains("  r: ") && !text.contains("target_modules"))
        let again = try Recipe.load(yaml: text, file: "again.yaml")
        #expect(again.resolvedYAML() == text)
        #expect(again.adapter.continueFrom == "old" && again.adapter.dropout == 0.1)
        #expect(again.isSet("adapter.continue_from") && !again.isSet("adapter.r"))
    }

    @Test func theResolvedRecipeReadsBack() throws {
        let recipe = try Recipe.load(yaml: "name: \"1e5\"\n" + minimal, file: "r.yaml")
        let again = try Recipe.load(yaml: recipe.canonicalText, file: "again.yaml")
        #expect(again.canonicalText == recipe.canonicalText)
        #expect(again.name == "1e5")
        #expect(recipe.canonicalText.contains("  learning_rate: 0.0002\n"))
    }

    @Test func theCanonicalTextDependsOnMeaningOnly() throws {
        let one = try Recipe.load(yaml: "seed: 1\n" + minimal + "train: { learning_rate: 1e-4 }\n", file: "a.yaml")
        let two = try Recipe.load(yaml: minimal + "train:\n  learning_rate: 0.0001 # slow\nseed: 1\n", file: "b.yaml")
        #expect(one.canonicalText == two.canonicalText)
    }

    @Test func otherToolsNamesOfOptimisersAreTaken() throws {
        for yaml in ["optim: adamw_torch_fused\n", "train: { optim: adamw_torch }\n", "optimizer: adamw\n"] {
            let recipe = try Recipe.load(yaml: minimal + yaml, file: "a.yaml")
            #expect(recipe.train.optimizer == .adamw && recipe.notices.count == 1, "\(yaml)")
        }
        #expect(try Recipe.load(yaml: minimal + "optim: lion_32bit\n", file: "a.yaml").train.optimizer == .lion)
        #expect(
            try Recipe.load(yaml: minimal + "optim: adamw_bnb_8bit\n", file: "a.yaml").train.optimizer == .adamW8bit)
        let error = #expect(throws: RecipeError.self) {
            try Recipe.load(yaml: minimal + "optim: galore_adamw\n", file: "a.yaml")
        }
        #expect(error?.diagnostics.map(\.keyPath) == ["train.optimizer"])
    }

    /// A run begun before there was the key goes on.
    @Test func onlyALaterOptimiserIsADecidingKey() throws {
        let later = try Recipe.load(yaml: minimal + "train: { optimizer: lion }\n", file: "a.yaml")
        #expect(later.decidingKeys.contains { $0 == ("train.optimizer", "lion") })
        let recipe = try Recipe.load(yaml: minimal + "train: { optimizer: adamw }\n", file: "a.yaml")
        #expect(!recipe.decidingKeys.contains { $0.path == "train.optimizer" })
        #expect(recipe.resolvedYAML().contains("optimizer: adamw"))
    }

    @Test func overridesWinAndMakeSections() throws {
        let yaml = minimal + "train: { epochs: 3, learning_rate: 1e-3 }\n"
        let recipe = try Recipe.load(
            yaml: yaml, file: "r.yaml",
            overrides: [
                "train.max_steps=50", "train.learning_rate=5e-5", "adapter.target_modules=[q_proj, v_proj]", "lora_r=4",
            ])
        #expect(recipe.train.maxSteps == 50)
        #expect(recipe.train.learningRate == 5e-5)
        #expect(recipe.adapter.targetModules == .patterns(["q_proj", "v_proj"]))
        #expect(recipe.adapter.r == 4)
        let bare = try Recipe.load(overrides: ["data.max_length=128", "model.precision=fp32"])
        #expect(bare.data.maxLength == 128)
        #expect(bare.model.precision == .fp32)
        #expect(bare.model.path.isEmpty)
    }

    @Test func environmentIsTakenIn() throws {
        let yaml =
            "model: { path: \"${BASE}/m.gguf\" }\ndata: { train: \"${ROWS:-rows}.jsonl\" }\nseed: ${SEED}\nname: a$${b\n"
        let environment = ["BASE": "/models", "SEED": "9"]
        let error = #expect(throws: RecipeError.self) {
            try Recipe.load(yaml: yaml, file: "r.yaml", environment: environment)
        }
        #expect(error?.diagnostics.map(\.keyPath) == ["name"])
        let recipe = try Recipe.load(
            yaml: yaml.replacing("name: a$${b\n", with: ""), file: "r.yaml", environment: environment)
        #expect(recipe.model.path == "/models/m.gguf")
        #expect(recipe.data.train == ["rows.jsonl"])
        #expect(recipe.seed == 9)
    }

    @Test func explainTellsDefaultsFromSetKeys() throws {
        let recipe = try Recipe.load(yaml: minimal + "adapter: { r: 8 }\n", file: "r.yaml")
        let lines = recipe.explain().split(separator: "\n")
        #expect(
            lines.contains { $0.hasPrefix("  r: 8 ") && $0.contains("# set; a whole number from 1 to 65536; rank of") })
        #expect(lines.contains { $0.hasPrefix("  dropout: 0.0 ") && $0.contains("# default;") })
    }
}
