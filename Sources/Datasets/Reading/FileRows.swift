// The rows of one file, whatever its layout.

package import JSON

/// What reading a row came to.
package enum RowOutcome {
    case row(JSONObject, RowPlace)
    /// A row that cannot be read; the reading goes on after it.
    case bad(DatasetProblem)
}

/// The rows of one file in order. An error is of the whole file: nothing after it can be read.
package protocol FileRows: AnyObject {
    /// The next row; `nil` at the end.
    func next() throws(DatasetError) -> RowOutcome?
}

extension RowOutcome {
    /// A row from a JSON value, which must be an object without a name twice.
    static func value(_ value: JSONValue, _ place: RowPlace) -> RowOutcome {
        guard case .object(let object) = value else {
            return .bad(DatasetProblem(.wrongType, place, "a row must be an object, found \(value.typeName)"))
        }
        if let key = object.firstDuplicateKey {
            return .bad(DatasetProblem(.syntax, place, "the key \"\(key)\" stands twice"))
        }
        return .row(object, place)
    }

    /// A row that is not JSON; `bytes`: its text, in which the cause may be one that can be named.
    static func notJSON(
        _ error: JSONError, _ place: RowPlace, in bytes: UnsafeRawBufferPointer, hint: String? = nil
    ) -> RowOutcome {
        let mistake = JSONMistake(error, in: bytes)
        return .bad(
            DatasetProblem(
                .syntax, RowPlace(file: place.file, line: place.line + error.line - 1),
                "not JSON: \(mistake?.rawValue ?? error.reason) (column \(error.column))",
                hint: hint ?? mistake?.hint))
    }

    static func tooLarge(_ place: RowPlace, _ maximumRowBytes: Int) -> DatasetProblem {
        DatasetProblem(
            .rowTooLarge, place, "a row of more than \(maximumRowBytes >> 20) MiB",
            hint: "cut it into several rows: a row must fit into memory several times over")
    }
}
