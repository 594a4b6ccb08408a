// Grammars that answers keep to, made once for each schema.

internal import Grammars
internal import JSON
internal import Serving
internal import Synchronization

/// Grammars over the model's tokens.
final class AnswerGrammars: Sendable {
    /// Throws: there are none yet.
    func object(field: String) throws(RequestError) -> any TokenGrammar { throw Self.missing(field) }

    /// Throws: there are none yet.
    func grammar(schema: JSONValue, field: String) throws(RequestError) -> any TokenGrammar {
        throw Self.missing(field)
    }

    private static func missing(_ field: String) -> RequestError {
        RequestError("\(field): answers are not held to a form yet", field: field, code: "unsupported")
    }
}
