// What a person wants of an exported model beside its format and type.

public import Foundation
internal import ModelExport
internal import Recipes
public import Vocabulary

/// Wishes that hold for written models alone.
public struct ExportWishes: Sendable, Equatable {
    /// Whether a model in which little of the fine-tune is left is written all the same.
    public var allowsNearNoOp = false
    /// A file of log-probabilities in llama.cpp's form that the written model is held against, in place of rows.
    public var reference: String?
    /// Where the log-probabilities of the model that is written, before it is rounded, go in that form.
    public var referenceOutput: URL?

    /// The type of the matrices that an adapter changes, where it is finer; `auto`: no other.
    public var touchedType = WeightType.auto
    /// Matrices get finer types as long as the file is no larger.
    public var targetBytes: SizeWish?
    /// Matrices get finer types until the loss on the rows that are scored is no higher.
    public var targetLoss: Double?
    /// A folder of GGUF files, of no more bytes of weights than this each; nil: one file.
    public var splitBytes: Int?

    /// How weights are rounded to blocks.
    public var calibration = ExportCalibration()

    /// No wishes.
    public init() {}

    /// What types are searched for; nil where none are.
    var goal: TypeSearch.Goal? { targetBytes.map { .size($0) } ?? targetLoss.map { .loss($0) } }
}

extension ExportWishes {
    /// What entry `index` of a recipe's `export` says.
    init(_ entry: ExportEntry, at index: Int) {
        self.init()
        calibration = ExportCalibration(entry, at: index)
        allowsNearNoOp = entry.allowNearNoOp
        (touchedType, targetBytes, targetLoss) = (entry.touchedType, entry.targetBytes, entry.targetLoss)
        splitBytes = entry.splitMaxSize
    }
}

extension ExportWishes {
    /// Throws at the first wish that what is written cannot meet.
    ///
    /// - Parameters:
    ///   - type: that was asked for.
    ///   - kind: of what a wrong wish is: a wrong call, or a wrong recipe.
    func require(_ target: ExportTarget, _ type: WeightType = .auto, _ kind: FailureKind = .usage) throws {
        func key(_ flag: String) -> String { kind == .usage ? "--" + flag.replacing("_", with: "-") : flag }
        let isModel = !target.isAdapter, format = target.format
        let wishes: [(name: String, isWished: Bool, isMet: Bool)] = [
            ("allow_near_no_op", allowsNearNoOp, isModel), ("reference", reference != nil, isModel),
            ("reference_out", referenceOutput != nil, isModel),
            ("touched_type", touchedType != .auto, isModel && format.holds(touchedType)),
            ("target_bytes", targetBytes != nil, format == .gguf), ("target_loss", targetLoss != nil, format == .gguf),
        ]
        if let unmet = wishes.first(where: { $0.isWished && !$0.isMet }) {
            throw Failure(
                kind,
                "\(key(unmet.name)): "
                    + (isModel ? "\(format.rawValue) holds float numbers" : "an adapter is no model"),
                hint: isModel ? "the format gguf holds every type" : "leave it out")
        }
        guard touchedType == .auto || type == .auto || touchedType.isFiner(than: type) else {
            throw Failure(
                kind,
                "\(key("touched_type")) \(touchedType.rawValue) has no effect: it is no finer than \(type.rawValue), in "
                    + "which all is written", hint: "leave it out, or name a finer type")
        }
        guard splitBytes == nil || format == .gguf else {
            throw Failure(
                kind, "\(key("split_max_size")): \(format.rawValue) is not written in parts of a wished size",
                hint: "the format gguf is")
        }
        guard targetBytes == nil || targetLoss == nil else {
            throw Failure(kind, "\(key("target_bytes")) and \(key("target_loss")): one of them decides the types")
        }
    }
}

extension ExportWishes {
    /// The form of models that `format` is written in; nil where that is no model's.
    func model(_ format: ExportFormat) -> ModelFormat? { splitBytes == nil ? ModelFormat(format) : .splitGGUF }

    /// What stands where `format` is written.
    func written(_ format: ExportFormat) -> WrittenForm {
        WrittenForm(target: .model(in: format), isSplit: splitBytes != nil)
    }
}

/// What an export is where it stands.
struct WrittenForm {
    let target: ExportTarget
    /// Whether it is a folder of parts rather than one file.
    var isSplit = false

    var form: OutputPlaces.Output.Form {
        switch target.format {
        case .peft, .mlx: .folder(.adapter)
        case .safetensors: .folder(.model)
        case .ggufLoRA: .file(.adapter)
        case .hdf5: .file(target.isAdapter ? .adapter : .model)
        case .gguf: isSplit ? .folder(.model) : .file(.model)
        }
    }

    /// What it is called in a run directory.
    var defaultName: String {
        switch target.format {
        case .hdf5: target.isAdapter ? "adapter.h5" : "model.h5"
        case .ggufLoRA: "adapter.gguf"
        case .gguf: isSplit ? target.format.rawValue : "model.gguf"
        case .peft, .mlx, .safetensors: target.format.rawValue
        }
    }
}

extension ExportEntry {
    /// What stands where the entry is written.
    var written: WrittenForm { WrittenForm(target: target, isSplit: splitMaxSize != nil) }
}
