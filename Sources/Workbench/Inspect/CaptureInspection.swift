// What a file of a teacher's distributions holds, and of whom they are.

internal import Distillation
internal import Foundation
internal import JSON

/// A capture, as `lathe inspect` tells of it.
struct CaptureInspection {
    private let file: CaptureFile

    /// Opens the capture at `url`, whose digest is checked first.
    init(_ url: URL) throws { file = try CaptureFile(url) }

    var json: JSONValue {
        let identity = file.identity, size = identity.method.size
        return .object(
            JSONObject([
                ("kind", "capture"), ("path", .string(file.url.path)), ("method", .string(identity.method.name)),
                (size.key, .integer(size.value)), ("rows", .integer(file.rows)),
                ("sequences", .integer(file.sequences)), ("target_tokens", .integer(file.targets)),
                ("entries", .integer(file.entries)), ("temperature", .double(identity.temperature)),
                ("seed", .integer(identity.seed)), ("precision", .string(identity.precision)),
                ("vocabulary_size", .integer(identity.vocabularySize)), ("teacher_sha256", .string(identity.teacher)),
                ("teacher_adapter_sha256", Self.digest(identity.teacherAdapter)),
                ("context_sha256", Self.digest(identity.context)), ("tokenizer_sha256", .string(identity.tokenizer)),
                ("template_sha256", Self.digest(identity.template)), ("rows_sha256", .string(file.rowsDigest)),
            ]))
    }

    private static func digest(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
}
