// One entrance for "M" on the command line.

public import Foundation
import Vocabulary
public import WeightFiles

/// The model at `url`: a Hugging Face folder or a GGUF file, told apart by what is there.
public func openWeights(_ url: URL) throws(WeightError) -> any ModelSource {
    var status = stat()
    guard stat(url.path, &status) == 0 else {
        throw WeightError(SystemError(errno, reading: url.path, "cannot be opened"))
    }
    if status.st_mode & S_IFMT == S_IFDIR { return try HuggingFaceDirectory(url) }
    return try GGUFWeights(url)
}
