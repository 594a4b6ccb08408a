// The small JSON files of adapters.

internal import Files
internal import Foundation
internal import JSON
internal import Vocabulary

/// A JSON file, read and written whole.
enum JSONFile {
    static func read(_ url: URL) throws(AdapterError) -> JSONValue {
        let bytes: [UInt8]
        do throws(SystemError) {
            guard let found = try WholeFile.bytes(ifThere: url) else { throw SystemError(ENOENT, reading: url.path) }
            bytes = found
        } catch { throw AdapterError(error) }
        do throws(JSONError) { return try JSONValue(parsing: bytes) } catch {
            throw AdapterError(file: url.path, "\(error)")
        }
    }

    static func write(_ object: JSONObject, to url: URL) throws(AdapterError) {
        let text = JSONValue.object(object).text(.pretty) + "\n"
        do throws(SystemError) { try AtomicFile.write(Array(text.utf8), to: url) } catch { throw AdapterError(error) }
    }
}
