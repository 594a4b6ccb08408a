// A small trained model that lies beside the tests, so that a bare clone can train, judge, merge and generate.

public import Foundation

/// A Llama of 143 thousand weights (3 blocks of width 64, 8 heads over 4 key heads, MLP width 128, byte-level BPE of 512
/// tokens) that writes recognisable text, with goldens by transformers and PEFT. Written by `scripts/goldens/tiny_trained.py`.
/// All its forms hold the same weights, to the bit.
public enum TinyModel {
    /// The folder of all that follows.
    public static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("TinyModel")

    /// The model as a Hugging Face folder in float32, without a chat template.
    public static let base = folder.appendingPathComponent("base")

    /// The same folder with a chat template; the weights are a link to those of `base`.
    public static let chat = folder.appendingPathComponent("chat")

    /// The model as a GGUF in float32, without a chat template.
    public static let gguf = folder.appendingPathComponent("tiny.f32.gguf")

    /// The model as a GGUF in float16, with the chat template.
    public static let chatGGUF = folder.appendingPathComponent("tiny-chat.f16.gguf")

    /// The same file in blocks of 4 and 5 bits: Q4_1, down projections in Q5_1, value projections, and the embedding, in Q8_0, whose
    /// blocks have no minimum. Written by `scripts/goldens/tiny_fold.py`.
    public static let mixed = folder.appendingPathComponent("tiny-chat.mixed.gguf")
    /// How many linear layers of `mixed` have minima.
    public static let mixedLayersWithMinima = 18

    /// Folders and GGUF files of one model: this one, with a byte-level vocabulary, and a public one with SentencePiece's where it is
    /// there.
    public static let twins =
        [(base, gguf)]
        + (SharedData.has("models/stories260K")
            ? [
                (
                    SharedData.url("models/stories260K/hf"),
                    SharedData.url("models/stories260K/stories260K.f32.gguf")
                )
            ] : [])

    /// What transformers says: `prompt_ids`, `greedy_ids`, `greedy_text`, `first_logits`, and `texts` with log-probabilities.
    public static let golden = folder.appendingPathComponent("golden.json")

    /// A run by PEFT of the method with that name, `lora` or `dora`, or by torch on `mixed`, `fold`: `init` and `final` adapters, `golden.json`,
    /// `grads_step0.safetensors`, `logits_step0.safetensors`, and `merged_layer_1.safetensors`.
    public static func run(_ method: String) -> URL { folder.appendingPathComponent(method) }

    /// The LoRA run by PEFT.
    public static let lora = run("lora")

    /// How many numbers the model holds.
    public static let parameters = 143_808
    /// How many blocks it has.
    public static let blocks = 3
    /// How many linear layers an adapter can stand on.
    public static let linearLayers = 21
    /// How many tokens it knows.
    public static let vocabularySize = 512
}
