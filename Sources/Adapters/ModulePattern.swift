// How a recipe or a PEFT file says which modules it means.

/// Matching of module paths such as `model.layers.0.self_attn.q_proj`.
enum ModulePattern {
    /// Whether `pattern`, an entry of `target_modules`, means the module `path`.
    ///
    /// - A plain name means every module whose path ends in it, whole components only: `q_proj`, `self_attn.q_proj`.
    /// - Anything else is a regular expression for the whole path, as PEFT takes it, or, where only `*` and `?` stand in it
    ///   besides plain characters, also a glob for the path's end in which `*` stands for any text: `layers.*.q_proj`.
    static func matches(_ path: String, _ pattern: String) throws(AdapterError) -> Bool {
        if pattern.unicodeScalars.allSatisfy(isPlain) { return hasSuffix(path, pattern) }
        if pattern.unicodeScalars.allSatisfy({ isPlain($0) || $0 == "*" || $0 == "?" }) {
            return try matchesWhole(path, "(?:.*\\.)?" + expression(ofGlob: pattern))
                || ((try? matchesWhole(path, pattern)) ?? false)
        }
        return try matchesWhole(path, pattern)
    }

    /// Whether the expression means `path` or its end after a point: how PEFT reads `rank_pattern` and `alpha_pattern`.
    static func matchesEnd(of path: String, _ pattern: String) throws(AdapterError) -> Bool {
        if pattern.unicodeScalars.allSatisfy(isPlain), hasSuffix(path, pattern) { return true }
        return try matchesWhole(path, "(?:.*\\.)?(?:\(pattern))")
    }

    private static func hasSuffix(_ path: String, _ name: String) -> Bool { path == name || path.hasSuffix("." + name) }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-", ".": true
        default: false
        }
    }

    private static func expression(ofGlob glob: String) -> String {
        glob.map { $0 == "*" ? ".*" : $0 == "?" ? "." : $0 == "." ? "\\." : String($0) }.joined()
    }

    private static func matchesWhole(_ path: String, _ pattern: String) throws(AdapterError) -> Bool {
        do {
            return try Regex(pattern).wholeMatch(in: path) != nil
        } catch {
            throw AdapterError("not a regular expression", subject: pattern)
        }
    }
}
