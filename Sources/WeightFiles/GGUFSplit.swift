// A model split over several GGUF files, as llama.cpp splits them: NAME-00001-of-00003.gguf and so on.

internal import Files
public import Foundation
internal import Vocabulary

/// The first part of a split model.
struct GGUFSplit {
    private let first: GGUFFile
    private let count: Int

    /// nil where the file is a whole model. Throws where it is another part than the first.
    init?(_ file: GGUFFile) throws(WeightError) {
        guard let count = file.value("split.count")?.integer, count > 1 else { return nil }
        let number = file.value("split.no")?.integer ?? 0
        guard number == 0 else {
            throw WeightError(
                file: file.file.path, "part \(number + 1) of a model in \(count) files",
                hint: "name the first part, …\(Self.ending(1, of: count))")
        }
        first = file
        self.count = count
    }

    /// All parts but the first, checked against what the first says.
    func otherParts() throws(WeightError) -> [GGUFFile] {
        let path = first.file.path
        let ending = Self.ending(1, of: count)
        guard path.hasSuffix(ending), count <= 99_999 else {
            throw WeightError(
                file: path, "the first of \(count) files of one model, whose name does not say where the others are",
                expected: "a name that ends in \(ending)")
        }
        let stem = path.dropLast(ending.count)
        var parts: [GGUFFile] = []
        var names = Set(first.tensors.map(\.name))
        for number in 2...count {
            let url = URL(fileURLWithPath: stem + Self.ending(number, of: count))
            guard try WeightError.seen(url) != nil else {
                throw WeightError(
                    file: path, "a model in \(count) files, of which one is missing", expected: url.lastPathComponent)
            }
            let part = try GGUFFile(MappedFile(url))
            guard part.value("split.no")?.integer == number - 1, part.value("split.count")?.integer == count else {
                throw WeightError(file: url.path, "is not part \(number) of \(count), as its name says")
            }
            for tensor in part.tensors where !names.insert(tensor.name).inserted {
                throw WeightError(file: url.path, "the tensor is in another part too", tensor: tensor.name)
            }
            parts.append(part)
        }
        if let total = first.value("split.tensors.count")?.integer, total != names.count {
            throw WeightError(
                file: path, "the parts do not hold all tensors", expected: "\(total)", found: "\(names.count)")
        }
        return parts
    }

    /// How the name of part `number` ends, counted from 1.
    static func ending(_ number: Int, of count: Int) -> String {
        func digits(_ number: Int) -> String {
            String(repeating: "0", count: max(0, 5 - "\(number)".count)) + "\(number)"
        }
        return "-\(digits(number))-of-\(digits(count)).gguf"
    }
}

extension GGUFFile {
    /// The first file of the split model in `folder`; nil where the folder holds none, or a `config.json`, or several models.
    public static func firstPart(in folder: URL) throws(WeightError) -> URL? {
        do throws(SystemError) {
            guard try !Folder.holds("config.json", in: folder) else { return nil }
            let parts = try (Folder.names(in: folder) ?? []).filter { name in
                name.hasSuffix(".gguf") && name.contains("-00001-of-")
            }
            return parts.count == 1 ? folder.appendingPathComponent(parts[0]) : nil
        } catch { throw WeightError(error) }
    }
}
