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

    /// Throws where the name of `place` ends as another form does, or as that of a file which goes with an export.
    /// - Parameter key: the flag or recipe key that named it.
    func require(_ place: String, _ key: String) throws {
        let name = place.lowercased()
        if self == .hdf5File || self == .ggufFile, let companion = Self.companions.first(where: name.hasSuffix) {
            throw Failure(
                key.hasPrefix("--") ? .usage : .badInput,
                "\(key) \(path: place): files whose names end in \(companion) go with an export, and are none",
                hint: "name it \(suffixes.first.map { "x" + $0 } ?? "otherwise")")
        }
        if name.contains(/-[0-9]{5}-of-[0-9]{5}\.gguf$/) {
            throw Failure(
                key.hasPrefix("--") ? .usage : .badInput,
                "\(key) \(place): the name is that of one part of a split model, and a model is written in one file",
                hint: "leave the numbers out")
        }
        guard let named = Self.endings.first(where: { name.hasSuffix($0.suffix) }), !suffixes.contains(named.suffix)
        else {
            return
        }
        throw Failure(
            key.hasPrefix("--") ? .usage : .badInput,
            "\(key) \(path: place): what is written there is \(what), and the name says \(named.what)",
            hint: hint(for: named.what, named.how))
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
