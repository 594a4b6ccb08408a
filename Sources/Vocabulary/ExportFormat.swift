// What an export may be, as recipes and `--format` say it.

/// A form in which a model or an adapter is written.
public enum ExportFormat: String, Sendable, CaseIterable {
    /// An adapter, as PEFT reads it.
    case peft
    /// An adapter, as mlx-lm reads it.
    case mlx
    /// An adapter as one GGUF file, as llama.cpp reads it beside a model.
    case ggufLoRA = "gguf-lora"
    /// A model as a Hugging Face folder.
    case safetensors
    /// A model as one file, as llama.cpp reads it.
    case gguf
    /// A model as one file, a dataset for each weight; or an adapter, as checkpoints hold it.
    case hdf5

    /// What it can hold; first what is meant where nobody says.
    public var contents: [ExportContent] {
        switch self {
        case .peft, .mlx, .ggufLoRA: [.adapter]
        case .safetensors, .gguf: [.model]
        case .hdf5: [.model, .adapter]
        }
    }

    /// What is written where `asked` is asked for; nil where the format cannot hold that.
    public func content(_ asked: ExportContent) -> ExportContent? {
        asked == .auto ? contents.first : contents.first { $0 == asked }
    }
}

/// Which of the two an export is; `auto`: what its format holds, and of HDF5, which holds both, the model.
public enum ExportContent: String, Sendable, CaseIterable { case auto, model, adapter }

/// A float format of weights on disk; `auto` is the base model's own.
public enum FloatFormat: String, Sendable, CaseIterable { case auto, fp32, fp16, bf16 }
