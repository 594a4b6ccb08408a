// What an export may be, as recipes and `--format` say it.

/// A form in which a model or an adapter is written.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// An adapter, as PEFT reads it.
    case peft
    /// A model as a Hugging Face folder.
    case safetensors
    /// A model as one file, as llama.cpp reads it.
    case gguf
    /// A model as one file, a dataset for each weight.
    case hdf5
}

/// A float format of weights on disk; `auto` is the base model's own.
public enum FloatFormat: String, Sendable, CaseIterable { case auto, fp32, fp16, bf16 }
