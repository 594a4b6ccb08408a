// What keeps a fine-tune that rounding loses: only ways that work for what is written, each with what it needs and its bytes.

internal import Adapters
internal import Foundation
internal import ModelExport
internal import Models
internal import Recipes
internal import Spelling
internal import Tensors
internal import Vocabulary

/// The ways out of a refused near-no-op, the one that loses least first.
struct KeepingWays {
    /// How a person asked for what was refused.
    enum Asked {
        /// By flags of `lathe export`.
        case export
        /// By flags of `lathe merge`.
        case merge
        /// By keys of a recipe's `export`.
        case entry
        /// By keys of a recipe's `merge`.
        case mergeKeys
    }

    let asked: Asked
    let format: ExportFormat
    /// The type that was asked for, never `auto`.
    let type: WeightType
    let wishes: ExportWishes
    let adapter: AdapterSet
    let model: AdaptedModel
    /// Whether the base is a GGUF file.
    let isOfGGUF: Bool
    /// Bytes of what was refused.
    let bytes: Int
    /// How many more bytes the touched matrices take in a type; nil where nobody knows.
    let touchedBytes: (WeightType) -> Int?

    /// A line each.
    var text: String {
        let lines = beside + wider + touched + rounding + folded + searches + [allowed]
        return lines.enumerated().map { $0.offset == 0 ? $0.element : "or \($0.element)" }.joined(separator: "\n")
    }

    // MARK: The ways

    /// The adapter in a file of its own, in the form that goes with the base that was refused to take it.
    private var beside: [String] {
        let place = "keep the adapter in a file of its own, beside the base, for a program that loads adapters: "
        let forms: [any AdapterForm.Type]
        switch format {
        case .gguf: forms = [GGUFAdapter.self]
        default: forms = [PEFTDirectory.self, MLXDirectory.self]
        }
        let fitting = forms.first { $0.types.contains(.f16) && (try? $0.fit(adapter, on: model)) != nil }
        guard let form = fitting else { return [] }
        let types: [WeightType] = form.format == .ggufLoRA ? [.q8_0, .fp16] : [.fp16]
        return [
            place
                + types.map { type in
                    let bytes = form.bytes(of: adapter, as: type == .q8_0 ? .q8_0 : .f16)
                    return "\(besideWords(form.format, type)) (\(Self.more(bytes, than: self.bytes)))"
                }.joined(separator: ", or ") + beforeBase
        ]
    }

    private func besideWords(_ form: ExportFormat, _ type: WeightType) -> String {
        switch asked {
        case .export, .merge: "lathe export --format \(form.rawValue) --type \(type.rawValue)"
        case .entry, .mergeKeys: "export: [{ format: \(form.rawValue), type: \(type.rawValue) }]"
        }
    }

    /// What a GGUF adapter stands beside.
    private var beforeBase: String {
        format == .gguf && !isOfGGUF
            ? "; it needs the base as GGUF, in any type: lathe export --format gguf without an adapter" : ""
    }

    /// All matrices in a type that rounds less.
    private var wider: [String] {
        guard !type.isQuantised, type != .fp32 else { return [] }
        return ["write all of it in a finer type: \(typeWords(.fp32))"]
    }

    private func typeWords(_ type: WeightType) -> String {
        switch asked {
        case .export: "--type \(type.rawValue)"
        case .merge: "--set merge.dtype=\(type.rawValue)"
        case .entry: "type: \(type.rawValue)"
        case .mergeKeys: "merge.dtype: \(type.rawValue)"
        }
    }

    /// The matrices that the adapter changes in a finer type.
    private var touched: [String] {
        guard asked == .export || asked == .entry, wishes.touchedType == .auto, type != .fp32 else { return [] }
        let finer: WeightType = type.isQuantised && type != .q8_0 ? .q8_0 : .fp32
        guard format.holds(finer) else { return [] }
        let size = touchedBytes(finer).map { " (\(Self.more($0, than: bytes)))" } ?? ""
        return ["the tensors that it changes in a finer type: \(option("touched_type", finer.rawValue))\(size)"]
    }

    private var rounding: [String] {
        guard type.isQuantised, wishes.calibration.rounds(.nearest) else { return [] }
        return [
            "round with the change in mind, which takes rows but no bytes: \(option("rounding", "feedback")) with "
                + option("calibrate", "ROWS")
        ]
    }

    /// Training anew by a method of which the base's blocks hold every change.
    private var folded: [String] {
        let adapted = Set(adapter.members.map(\.path)), layers = model.layers.filter { adapted.contains($0.path) }
        let areKept = layers.allSatisfy { layer in
            AdapterMethodKind.fold.changes(layer) && layer.weightType?.rawValue.uppercased() == type.rawValue
        }
        guard format == .gguf, areKept, !layers.isEmpty else { return [] }
        return [
            "train anew with adapter.method: fold, which changes the minima of the base's blocks alone, so that "
                + "nothing is rounded again"
        ]
    }

    private var searches: [String] {
        guard type.isQuantised, wishes.goal == nil else { return [] }
        return [
            "let the types be searched: \(option("target_loss", "X")), the loss on held-out rows that is wanted, or "
                + option("target_bytes", asked == .entry ? "\"110%\"" : "110%")
        ]
    }

    private var allowed: String {
        "write it all the same: "
            + (asked == .export || asked == .merge ? "--allow-near-no-op" : "allow_near_no_op: true")
    }

    private func option(_ name: String, _ value: String) -> String {
        asked == .entry ? "\(name): \(value)" : "--\(name.replacing("_", with: "-")) \(value)"
    }

    /// "7.5 MB, 8.2% more bytes".
    private static func more(_ bytes: Int, than whole: Int) -> String {
        ByteCount.text(bytes) + String(format: ", %.1f%% more bytes", 100 * Double(bytes) / Double(max(whole, 1)))
    }
}
