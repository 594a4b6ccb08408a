// Paths in messages: whatever characters a file's name holds, a message keeps its own lines.

internal import Spelling

extension DefaultStringInterpolation {
    /// A path as a person may be shown it: no character of it is obeyed, line breaks neither.
    mutating func appendInterpolation(path: String) { appendInterpolation(ShownText.name(path)) }
}
