import Recipes
import Testing

/// The least that a recipe must say, three lines.
private let minimal = "model: { path: base.gguf }\ndata: { train: rows.jsonl }\nname: x\n"

private func diagnostics(
    _ yaml: String, overrides: [String] = [], environment: [String: String] = [:]
) -> [RecipeDiagnostic] {
    do {
        _ = try Recipe.load(yaml: yaml, file: "r.yaml", overrides: overrides, environment: environment)
        return []
    } catch { return error.diagnostics }
}

/// The only diagnostic of `yaml`.
private func only(
    _ yaml: String, overrides: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
) throws -> RecipeDiagnostic {
    let all = diagnostics(yaml, overrides: overrides)
    #expect(all.count == 1, "\(all)", sourceLocation: sourceLocation)
    return try #require(all.first, sourceLocation: sourceLocation)
}

@Suite struct RecipeDiagnosticTests {
    @Test func unknownKeyNamesPlaceAndNearest() throws {
        let found = try only(minimal + "train:\n  max_stepz: 5\n")
        #expect(found.kind == .unknownKey)
        #expect(found.place == RecipePlace(file: "r.yaml", line: 5, column: 3))
        #expect(found.keyPath == "train.max_stepz")
        #expect(found.hint == "did you mean train.max_steps?")
        #expect(found.description == "r.yaml:5:3: train.max_stepz: unknown key; did you mean train.max_steps?")
    }

    @Test(arguments: [
        ("train: { max_steps: !steps 5 }", "!steps"), ("train: !mine { max_steps: 5 }", "!mine"),
        ("data: { train: !!binary cm93cw== }", "!!binary"), ("data: { train: !all [rows.jsonl] }", "!all"),
    ])
    func tagsThatSayNothingAreRefused(line: String, tag: String) throws {
        let model = "model: { path: base.gguf }\nname: x\n"
        let text = line.hasPrefix("data") ? model + line + "\n" : minimal + line + "\n"
        let found = try only(text)
        #expect(
            found.message == "the tag \(tag) says nothing in a recipe"
                && found.place.line == (line.hasPrefix("data") ? 3 : 4))
        #expect(diagnostics(minimal + "train: { max_steps: !!int 5, learning_rate: !!float 1e-4 }\n").isEmpty)
    }

    /// In a mean of steps AdaLoRA would have again what it gave up.
    @Test(arguments: [("ema_decay: 0.9", "train.ema_decay"), ("optimizer: schedule_free_adamw", "train.optimizer")])
    func aMeanOfWhatIsGivenUpIsRefused(_ train: String, _ key: String) throws {
        let found = try only(minimal + "adapter: { method: adalora }\ntrain: { \(train) }\n")
        #expect(found.kind == .conflict && found.keyPath == key && found.place.line == 5)
        #expect(found.message.contains("adalora"))
        #expect(diagnostics(minimal + "adapter: { method: lokr }\ntrain: { \(train) }\n").isEmpty)
    }

    @Test func aShorterNameIsMeantInItsOwnSection() throws {
        #expect(try only(minimal + "train:\n  steps: 5\n").hint == "did you mean train.max_steps?")
    }

    @Test func unknownSectionNamesNearest() throws {
        #expect(try only(minimal + "trian: {}\n").hint == "did you mean train?")
    }

    @Test func keyInTheWrongSectionIsToldItsHome() throws {
        #expect(try only(minimal + "adapter: { learning_rate: 1e-4 }\n").hint == "it belongs in train.learning_rate")
    }

    @Test func unknownColumnField() throws {
        let found = try only("model: { path: b }\ndata: { train: t, columns: { promt: question } }\n")
        #expect(found.kind == .unknownKey)
        #expect(found.hint == "did you mean data.columns.prompt?")
    }

    @Test func everyFaultIsToldAtOnceInOrderOfPlace() {
        let yaml = """
            model: { path: b, precison: bf16 }
            data: { train: t, max_length: many }
            adapter: { r: 0, r: 8 }
            train:
              learning_rate: -1
              lr_scheduler: cosin
              save_best: yes
            nonsense: 1
            """
        let found = diagnostics(yaml)
        #expect(
            found.map(\.keyPath) == [
                "model.precison", "data.max_length", "adapter.r", "train.learning_rate", "train.lr_scheduler",
                "train.save_best",
                "nonsense",
            ])
        #expect(found.map(\.place.line) == [1, 2, 3, 5, 6, 7, 8])
        #expect(
            found.map(\.kind) == [
                .unknownKey, .wrongType, .duplicateKey, .outOfRange, .outOfRange, .wrongType, .unknownKey,
            ])
    }

    @Test func wrongTypes() throws {
        #expect(try only(minimal + "seed: many\n").kind == .wrongType)
        #expect(try only(minimal + "seed: [1]\n").message == "expected a whole number from 0, found a list")
        #expect(try only(minimal + "seed: 1.5\n").kind == .wrongType)
        #expect(try only(minimal + "train: { learning_rate: fast }\n").kind == .wrongType)
        #expect(try only(minimal + "train: { learning_rate: 1_000 }\n").hint == "write the number without '_'")
        #expect(try only(minimal + "train: { learning_rate: .nan }\n").kind == .wrongType)
        #expect(try only(minimal + "train: 5\n").message == "expected a mapping of keys, found '5'")
        #expect(try only(minimal + "train: { memory_limit: much }\n").kind == .wrongType)
        #expect(try only(minimal + "train: { learning_rate: }\n").message.hasSuffix("found nothing"))
        #expect(
            try only("model: { path: true }\ndata: { train: t }\n").hint == "put it in quotation marks if it is text")
        #expect(
            try only(minimal + "adapter: { rank_pattern: { q_proj: big } }\n").keyPath == "adapter.rank_pattern.q_proj")
        #expect(try only(minimal + "adapter: { layers: [a] }\n").kind == .wrongType)
        #expect(try only(minimal + "export: { format: peft }\n").kind == .wrongType)
        #expect(try only("- a\n").kind == .wrongType)
    }

    @Test func wordsOfYAMLOneOneAreNoBooleans() throws {
        let found = try only(minimal + "train: { save_best: no }\n")
        #expect(found.hint == "in YAML 1.2 'no' is a word; write false")
        #expect(try only(minimal + "train: { save_best: \"true\" }\n").hint == "write it without quotation marks")
    }

    @Test func valuesOutOfRange() throws {
        for line in [
            "adapter: { r: 0 }", "adapter: { dropout: 1.0 }", "adapter: { alpha: 0 }", "train: { batch_size: 0 }",
            "train: { learning_rate: 0 }", "train: { epochs: 0 }", "train: { adam_beta2: 1 }",
            "train: { learning_rate: 1e999 }",
            "train: { memory_limit: 5KiB }", "adapter: { target_modules: [] }", "seed: -1",
            "train: { warmup_ratio: 1 }",
        ] {
            #expect(try only(minimal + line + "\n").kind == .outOfRange, "\(line)")
        }
        #expect(try only("name: ../up\nmodel: { path: b }\ndata: { train: t }\n").kind == .outOfRange)
        #expect(try only("model: { path: b }\ndata: { train: t, val_size: 1.5 }\n").kind == .outOfRange)
    }

    @Test func unknownWordNamesNearest() throws {
        #expect(try only(minimal + "model2: 1\n").kind == .unknownKey)
        let found = try only(minimal + "train: { lr_scheduler: cosin }\n")
        #expect(found.hint == "did you mean cosine?")
        #expect(found.message.hasPrefix("'cosin' is none of constant | ") && found.message.contains(" | cosine | "))
    }

    @Test func duplicatedKeys() throws {
        let found = try only(minimal + "seed: 1\n\"seed\": 2\n")
        #expect(found.kind == .duplicateKey)
        #expect(found.place == RecipePlace(file: "r.yaml", line: 5, column: 1))
        #expect(found.message == "this key already stands in line 4")
    }

    @Test func missingKeys() {
        let found = diagnostics("name: x\n")
        #expect(found.map(\.keyPath) == ["model.path", "data.train"])
        #expect(found.allSatisfy { $0.kind == .missingKey })
        #expect(diagnostics("").count == 2)
        #expect(diagnostics(minimal + "export: [{ path: out }]\n").map(\.keyPath) == ["export[0].format"])
    }

    @Test func keysThatContradict() throws {
        #expect(try only(minimal + "train: { epochs: 1, max_steps: 5 }\n").kind == .conflict)
        #expect(try only(minimal + "train: { warmup_ratio: 0.1, warmup_steps: 5 }\n").kind == .conflict)
        #expect(try only("model: { path: b }\ndata: { train: t, held_out: h, val_size: 0.1 }\n").kind == .conflict)
        #expect(try only(minimal + "adapter: { target_modules: [all-linear, q_proj] }\n").kind == .conflict)
    }

    @Test func foreignSynonymsAreTakenWithANotice() throws {
        let yaml = """
            base_model: base.gguf
            data: { train: t, cutoff_len: 128 }
            lora_r: 4
            adapter: { lora_alpha: 8, lora_target: all }
            num_epochs: 2
            sample_packing: true
            """
        let recipe = try Recipe.load(yaml: yaml, file: "r.yaml")
        #expect(recipe.model.path == "base.gguf")
        #expect(recipe.data.maxLength == 128)
        #expect(recipe.adapter.r == 4)
        #expect(recipe.adapter.alpha == 8)
        #expect(recipe.adapter.targetModules == .allLinear)
        #expect(recipe.train.epochs == 2)
        #expect(recipe.notices.count == 7)
        #expect(recipe.notices.contains { $0.keyPath == "lora_r" && $0.message == "taken as adapter.r" })
        #expect(recipe.notices.contains { $0.keyPath == "sample_packing" && $0.message == "has no effect" })
    }

    @Test func foreignBatchSizesAreMultiplied() {
        let found = diagnostics(minimal + "train:\n  micro_batch_size: 4\n  gradient_accumulation_steps: 8\n")
        #expect(found.map(\.kind) == [.foreignKey, .foreignKey])
        #expect(found.first?.hint == "write train.batch_size: 32 (4 × 8); the engine cuts micro-batches")
    }

    @Test func foreignAndNativeTogetherIsAnError() throws {
        #expect(try only(minimal + "adapter: { r: 8, lora_r: 8 }\n").kind == .duplicateKey)
    }

    @Test func otherForeignKeysAreRefusedWithAHint() throws {
        #expect(try only(minimal + "load_in_4bit: true\n").hint?.contains("4-bit GGUF") == true)
        #expect(try only(minimal + "train: { bf16: true }\n").hint?.contains("model.precision") == true)
    }

    @Test func missingEnvironmentVariableNamesPlace() throws {
        let found = try only("model: { path: b }\ndata:\n  train: ${NOWHERE}/rows.jsonl\n")
        #expect(found.kind == .undefinedVariable)
        #expect(found.place == RecipePlace(file: "r.yaml", line: 3, column: 10))
        #expect(found.keyPath == "data.train")
    }

    @Test func brokenYAMLNamesPlace() throws {
        let found = try only("model: { path: b\ndata: x\n")
        #expect(found.kind == .syntax)
        #expect(found.place == RecipePlace(file: "r.yaml", line: 1, column: 8))
        #expect(try only(minimal + "a: *nowhere\n").kind == .syntax)
        #expect(try only(minimal + "---\nname: y\n").kind == .syntax)
        #expect(try only("\u{0}").kind == .syntax)
    }

    @Test func brokenOverrides() throws {
        #expect(try only(minimal, overrides: ["train.max_steps"]).kind == .override)
        #expect(try only(minimal, overrides: ["train..x=1"]).kind == .override)
        let typo = try only(minimal, overrides: ["train.max_stepz=5"])
        #expect(typo.place.file == "--set train.max_stepz=5")
        #expect(typo.hint == "did you mean train.max_steps?")
        #expect(try only(minimal, overrides: ["train.max_steps=soon"]).kind == .wrongType)
    }

    @Test func hostileTextNeverCrashes() {
        let yaml = minimal + "train:\n  learning_rate: 1e-4\nexport:\n  - { format: peft, path: \"a${B:-c}\" }\n"
        let bytes = Array(yaml.utf8)
        var state: UInt64 = 7
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<2_000 {
            var mutated = bytes
            for _ in 0...next(3) { mutated[next(mutated.count)] = UInt8(next(256)) }
            if next(4) == 0 { mutated.removeLast(next(mutated.count)) }
            _ = diagnostics(String(decoding: mutated, as: UTF8.self))
        }
        #expect(!diagnostics(String(repeating: "[", count: 5_000)).isEmpty)
        #expect(!diagnostics(String(repeating: "a: {", count: 5_000)).isEmpty)
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            bomb +=
                "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ", ") + "]\n"
        }
        #expect(!diagnostics(bomb).isEmpty)
    }
}
