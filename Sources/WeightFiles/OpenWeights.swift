// One entrance for "M" on the command line.

public import Foundation

/// The weights at `url`: a Hugging Face folder or a GGUF file, told apart by what is there.
public func openWeights(_ url: URL) throws(WeightError) -> any WeightSource {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory) else {
        throw WeightError(file: url.path, "no such file or folder")
    }
    if isDirectory.boolValue { return try HuggingFaceDirectory(url) }
    return try GGUFWeights(url)
}
