// A prompt that is too long for a command line.

internal import Files

/// Reads prompts from files.
public enum PromptFile {
    /// The file's text, without the line break that editors put at the end.
    ///
    /// - Throws: `Failure` for what is no file of text, `SystemError` where it cannot be read.
    public static func text(_ path: String) throws -> String {
        try Failure.requireFile(path, "the prompt")
        guard let text = String(validating: try WholeFile.bytes(path), as: UTF8.self) else {
            throw Failure(
                .badInput, "\(path: path) is not UTF-8 text", hint: "convert it: iconv -t UTF-8", namedFile: path)
        }
        let bare = text.last?.isNewline ?? false ? String(text.dropLast()) : text
        guard !bare.isEmpty else { throw Failure(.badInput, "\(path: path) is empty", namedFile: path) }
        return bare
    }
}
