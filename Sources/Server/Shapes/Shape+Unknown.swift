// A member that nobody reads is refused: passed over, it would look as if it had been obeyed.

internal import JSON
internal import Spelling

extension Shape {
    static func unknown(_ name: String, at path: String, known: [String]) -> RequestError {
        let shown = String(name.prefix(80)), place = path.isEmpty ? shown : "\(path).\(shown)"
        let meant = Spelling.nearest(to: shown, among: known, most: 2).map { "; did you mean '\($0)'?" } ?? ""
        return RequestError(
            "\(place): the server does not know this member\(meant)", field: place, code: "unknown_parameter")
    }
}
