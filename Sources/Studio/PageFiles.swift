// The page itself: files that the program holds.

internal import CPage
internal import Server

/// What is served without a question: HTML, CSS and JavaScript.
enum PageFiles {
    /// Nothing comes from elsewhere, nothing is framed, no script stands in the text.
    private static let policy =
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"

    private static let files: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        for index in 0..<lathe_page_file_count {
            guard let file = lathe_page_file_at(index)?.pointee else { continue }
            files[String(cString: file.name)] = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
        }
        return files
    }()

    /// The file at a path: `/` or `/page/NAME`; nil where there is none.
    static func response(to path: String) -> ServerResponse? {
        let name = path == "/" ? "index.html" : path.hasPrefix("/page/") ? String(path.dropFirst(6)) : ""
        guard let bytes = files[name] else { return nil }
        return ServerResponse(
            status: 200,
            headers: [
                ("content-type", type(of: name)), ("content-security-policy", policy),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
            ], body: .bytes(bytes))
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        default: "image/svg+xml"
        }
    }
}
