// What the page is told where something cannot be done.

internal import JSON
internal import Server
internal import Vocabulary

/// Why a request of the page is not answered.
struct StudioError: ClassifiedError {
    let status: Int
    /// For a person.
    let message: String

    init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }

    var kind: FailureKind { status == 404 ? .missingInput : status >= 500 ? .inputOutput : .badInput }
    var description: String { message }

    static let unknown = StudioError(404, "there is nothing of that name")

    var response: ServerResponse {
        let body: JSONValue = ["error": ["message": .string(message)]]
        return ServerResponse(status: status, text: body.text(), type: "application/json")
    }
}

extension ServerResponse {
    static func json(_ value: JSONValue) -> ServerResponse {
        ServerResponse(text: value.text(), type: "application/json")
    }
}
