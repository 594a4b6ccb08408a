// The one error of this module: facts, not sentences.

internal import Files
import Foundation
internal import Spelling
public import Vocabulary

/// Why a file of weights cannot be used, and where.
public struct WeightError: ClassifiedError, Equatable {
    /// The file's path.
    public var file: String
    /// What is wrong, as a fragment: "offset out of place".
    public var problem: String
    /// The tensor or metadata key concerned.
    public var tensor: String?
    public var byteOffset: Int?
    public var expected: String?
    public var found: String?
    /// What the user may try.
    public var hint: String?
    public var kind: FailureKind

    /// An error of what stands in a file, unless `kind` says otherwise.
    public init(
        file: String, _ problem: String, tensor: String? = nil, byteOffset: Int? = nil, expected: String? = nil,
        found: String? = nil, hint: String? = nil, kind: FailureKind = .badInput
    ) {
        self.file = file
        self.problem = problem
        self.tensor = tensor
        self.byteOffset = byteOffset
        self.expected = expected
        self.found = found
        self.hint = hint
        self.kind = kind
    }

    /// What the system said of a file of weights.
    public init(_ error: SystemError) {
        self.init(file: error.path, "\(error.problem): \(error.cause)", kind: error.kind)
    }

    /// What stands at `url`, where a file of weights may; `nil` where nothing does.
    static func seen(_ url: URL) throws(WeightError) -> FileForm? {
        do throws(SystemError) { return try FileForm(at: url) } catch { throw WeightError(error) }
    }

    public var namedFile: String? { file }

    public var description: String {
        var text = ShownText.name(file)
        if let byteOffset { text += ", byte \(byteOffset)" }
        if let tensor { text += ", \(ShownText.name(tensor))" }
        text += ": \(problem)"
        switch (expected.map(ShownText.name), found.map(ShownText.name)) {
        case (let expected?, let found?): text += ": expected \(expected), found \(found)"
        case (let expected?, nil): text += ": expected \(expected)"
        case (nil, let found?): text += ": found \(found)"
        case (nil, nil): break
        }
        if let hint { text += " (\(hint))" }
        return text
    }
}
