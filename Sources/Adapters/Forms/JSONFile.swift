// The small JSON files of adapters.

internal import Files
internal import Foundation
internal import JSON
internal import Vocabulary

/// A JSON file, read and written whole.
enum JSONFile {
    static func read(_ url: URL) throws(AdapterError) -> JSONValue {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try WholeFile.bytes(url.path) } catch { throw AdapterError(error) }
        do throws(JSONError) { return try JSONValue(parsing: bytes) } catch {
            throw AdapterError(file: url.path, "\(error)")
        }
    }

    static func write(_ object: JSONObject, to url: URL) throws(AdapterError) {
        let text = JSONValue.object(object).text(.pretty) + "\n"
        do throws(SystemError) { try AtomicFile.write(Array(text.utf8), to: url) } catch { throw AdapterError(error) }
    }
}
