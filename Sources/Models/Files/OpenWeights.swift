// One entrance for "M" on the command line.

public import Foundation
import Vocabulary
public import WeightFiles

/// The model at `url`: a Hugging Face folder, a GGUF file or a folder of one model's GGUF files, told apart by what is there.
public func openWeights(_ url: URL) throws(WeightError) -> any ModelSource {
    var status = stat()
    guard stat(url.path, &status) == 0 else {
        throw WeightError(SystemError(errno, reading: url.path, "cannot be opened"))
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return try GGUFWeights(url) }
    if let first = try GGUFFile.firstPart(in: url) { return try GGUFWeights(first) }
    return try HuggingFaceDirectory(url, WeightNames.convention)
}
