// Every form in which adapters are read and written.

internal import Adapters
internal import Checkpoints
internal import Files
internal import Foundation
internal import Recipes
internal import Tensors
internal import Vocabulary

/// The forms of adapters, in the order in which messages name them.
enum AdapterForms {
    static let all: [any AdapterForm.Type] = [
        PEFTDirectory.self, MLXDirectory.self, GGUFAdapter.self, CheckpointAdapter.self,
    ]

    /// The form that recipes and flags call `format`; nil where that is one of models alone.
    static func named(_ format: ExportFormat) -> (any AdapterForm.Type)? { all.first { $0.format == format } }

    /// The form of what stands at `url`, by what it holds; of a file that says nothing, by its name. Nil where it is none.
    static func form(at url: URL) throws -> (any AdapterForm.Type)? {
        for form in all where try form.isAt(url) { return form }
        guard try FileForm(at: url) == .file else { return nil }
        return all.first { $0.fileExtension == url.pathExtension.lowercased() && $0.fileExtension != nil }
    }

    /// The forms with room for adapters of `method`.
    static func holding(_ method: AdapterMethodKind) -> [any AdapterForm.Type] {
        all.filter { $0.methods.contains(method) }
    }

    /// The same for an adapter on a model.
    static func holding(_ adapter: AdapterSet, on model: AdaptedModel) -> [any AdapterForm.Type] {
        all.filter { (try? $0.fit(adapter, on: model)) != nil }
    }
}

extension [any AdapterForm.Type] {
    /// "peft, mlx or hdf5 (what: adapter) has room for it".
    var roomHint: String {
        let names = map { form in
            form.format.rawValue + (form.format.contents.first == .adapter ? "" : " (what: adapter)")
        }
        guard let last = names.last else { return "no form has room for it" }
        let others = names.dropLast().joined(separator: ", ")
        return (others.isEmpty ? last : "\(others) or \(last)") + " has room for it"
    }
}

extension AdapterForm {
    /// What becomes of `adapter` in this form.
    ///
    /// - Parameter key: the flag or recipe key that named the form.
    /// - Throws: `Failure` where it has no room for it, with the forms that have.
    static func requireRoom(
        for adapter: AdapterSet, on model: AdaptedModel, _ key: String
    ) throws -> AdapterFit {
        do throws(AdapterError) { return try fit(adapter, on: model) } catch {
            throw Failure(
                error.kind, "\(key) \(format.rawValue): \(error)",
                hint: AdapterForms.holding(adapter, on: model).roomHint)
        }
    }
}

extension Recipe {
    /// What becomes of `adapter` in each of the exports: of a model nothing is to be said here.
    ///
    /// - Throws: `Failure` where one has no room for it.
    func exportNotes(of adapter: AdapterSet, on model: AdaptedModel) throws -> [(entry: ExportEntry, notes: [String])] {
        try export.enumerated().map { index, entry in
            guard entry.isAdapter, let form = AdapterForms.named(entry.format) else { return (entry, []) }
            return (entry, try form.requireRoom(for: adapter, on: model, "export[\(index)].format:").notes)
        }
    }
}

extension DType {
    /// The type in which an adapter is written.
    ///
    /// - Parameters:
    ///   - key: what named the type.
    ///   - kind: of the refusal of one that the form has no room for.
    init(_ format: WeightType, in form: any AdapterForm.Type, _ key: String, _ kind: FailureKind) throws {
        let type = format == .auto ? form.types.first : DType(format)
        guard let type, form.types.contains(type) else {
            let names = WeightType.allCases.filter { DType($0).map(form.types.contains) ?? false }
            throw Failure(
                kind,
                "\(key) \(format.rawValue): an adapter in \(form.format.rawValue) is written in "
                    + names.map(\.rawValue).joined(separator: ", "), hint: "leave the type out")
        }
        self = type
    }

    /// The type of that name in which adapters are written; nil for those in which none are, and for a form's own.
    private init?(_ format: WeightType) {
        switch format {
        case .fp32: self = .f32
        case .fp16: self = .f16
        case .bf16: self = .bf16
        case .q8_0: self = .q8_0
        default: return nil
        }
    }
}
