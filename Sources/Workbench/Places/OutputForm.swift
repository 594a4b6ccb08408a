// Whether a place's name says another form than the one that will be written there: a folder called x.gguf helps nobody.

internal import Foundation
internal import Recipes
internal import Vocabulary

/// What a verb writes at a place: a folder, or a file of a kind.
enum OutputForm {
    case huggingFaceFolder, adapterFolder, mlxFolder, hdf5File, ggufFile, ggufFolder

    /// Endings that name a form, and how that form is written.
    private static let endings: [(suffix: String, what: String, how: String)] = [
        (".gguf", "a GGUF file", "lathe export --format gguf"),
        (".h5", "an HDF5 file", "lathe export --format hdf5"),
        (".hdf5", "an HDF5 file", "lathe export --format hdf5"),
        (".safetensors", "a single safetensors file", "name a folder: model.safetensors lies in it"),
        (".bin", "a PyTorch file", "name a folder: model.safetensors lies in it"),
    ]

    init(_ written: WrittenForm) {
        switch written.target.format {
        case .peft: self = .adapterFolder
        case .mlx: self = .mlxFolder
        case .safetensors: self = .huggingFaceFolder
        case .hdf5: self = .hdf5File
        case .ggufLoRA: self = .ggufFile
        case .gguf: self = written.isSplit ? .ggufFolder : .ggufFile
        }
    }

    private var what: String {
        switch self {
        case .huggingFaceFolder: "a folder in Hugging Face's form"
        case .adapterFolder: "an adapter's folder in PEFT's form"
        case .mlxFolder: "an adapter's folder in mlx-lm's form"
        case .hdf5File: "an HDF5 file"
        case .ggufFile: "a GGUF file"
        case .ggufFolder: "a folder of GGUF files"
        }
    }

    private var suffixes: [String] {
        switch self {
        case .huggingFaceFolder, .adapterFolder, .mlxFolder, .ggufFolder: []
        case .hdf5File: [".h5", ".hdf5"]
        case .ggufFile: [".gguf"]
        }
    }

    /// Endings of what Lathe writes beside an exported file, which would take its place.
    private static let companions = ["modelfile", "manifest.json", "readme.md"]

    /// What is wrong with a name, and what helps.
    private typealias Fault = (problem: String, hint: String)

    /// What may be wrong with a name in small letters, in the order in which it is looked for.
    private static let faults: [@Sendable (OutputForm, String) -> Fault?] = [asCompanion, asPart, asOtherForm]

    /// Throws where the name of `place` ends as another form does, or as that of a file which goes with an export.
    /// - Parameter key: the flag or recipe key that named it.
    func require(_ place: String, _ key: String) throws {
        let name = place.lowercased()
        guard let fault = Self.faults.lazy.compactMap({ $0(self, name) }).first else { return }
        throw Failure(
            key.hasPrefix("--") ? .usage : .badInput, "\(key) \(path: place): \(fault.problem)", hint: fault.hint)
    }

    @Sendable private static func asCompanion(_ form: OutputForm, _ name: String) -> Fault? {
        guard form == .hdf5File || form == .ggufFile, let companion = companions.first(where: name.hasSuffix) else {
            return nil
        }
        return (
            "files whose names end in \(companion) go with an export, and are none",
            "name it \(form.suffixes.first.map { "x" + $0 } ?? "otherwise")"
        )
    }

    @Sendable private static func asPart(_ form: OutputForm, _ name: String) -> Fault? {
        guard name.contains(/-[0-9]{5}-of-[0-9]{5}\.gguf$/) else { return nil }
        return (
            "the name is that of one part of a split model, and a model is written in one file",
            "leave the numbers out"
        )
    }

    @Sendable private static func asOtherForm(_ form: OutputForm, _ name: String) -> Fault? {
        guard let named = endings.first(where: { name.hasSuffix($0.suffix) }), !form.suffixes.contains(named.suffix)
        else { return nil }
        return (
            "what is written there is \(form.what), and the name says \(named.what)",
            form.hint(for: named.what, named.how)
        )
    }

    /// What makes the place's name right.
    private func hint(for what: String, _ how: String) -> String {
        if self == .ggufFolder, what == OutputForm.ggufFile.what {
            return "for one file, leave the size of its parts out; for parts, name a folder"
        }
        return how.hasPrefix("lathe") ? "for \(what): \(how)" : how
    }
}

extension Recipe {
    /// Throws at the first place whose name says another form than the recipe writes there.
    func requireOutputNames() throws {
        if merge.enabled, let path = merge.path { try OutputForm.huggingFaceFolder.require(path, "merge.path:") }
        for (index, entry) in export.enumerated() {
            if let path = entry.path {
                try OutputForm(entry.written).require(path, "export[\(index)].path:")
            }
        }
    }
}
