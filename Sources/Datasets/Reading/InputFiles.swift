// Patterns to files.

internal import Glibc
public import Vocabulary

/// Which files a recipe's paths name.
public enum InputFiles {
    /// `paths` with each pattern replaced by the files it matches, in the order of their bytes.
    public static func expand(_ paths: [String]) throws(DatasetError) -> [String] {
        var files: [String] = []
        for path in paths {
            guard path.contains(where: { "*?[".contains($0) }), access(path, F_OK) != 0 else {
                files.append(path)
                continue
            }
            let matches = self.matches(path)
            guard !matches.isEmpty else {
                throw DatasetError(.absent, RowPlace(file: path, line: 0), "no file matches this pattern")
            }
            files += matches
        }
        return files
    }

    /// What each file holds, by the settings or its name.
    public static func layouts(of files: [String], _ settings: InputSettings) throws(DatasetError) -> [InputLayout] {
        var layouts: [InputLayout] = []
        for file in files {
            let layout = try OpenedFile.layout(of: file, settings).0
            if !layouts.contains(layout) { layouts.append(layout) }
        }
        return layouts
    }

    /// SHA-256 of a file's bytes, in hexadecimal; `nil` for what can be read but once, such as a pipe.
    public static func digest(of path: String) throws(DatasetError) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { throw DatasetError(SystemError(errno, reading: path)) }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        let bytes = try FileBytes(path: path)
        while !(try bytes.readFirst(1 << 20)).isEmpty {}
        return bytes.digest
    }

    private static func matches(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        let names = (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
        // glob(3) sorts by the locale's rules, which a result must not depend on.
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
