// Places as short as they can be without being mistaken for each other.

internal import Datasets

/// Shortens "folder/file:line" to "file:line".
struct PlaceNames {
    /// Whether every file has a name of its own.
    private let areDistinct: Bool

    init(files: [String]) {
        let names = files.map { Self.lastComponent($0) }
        areDistinct = Set(names).count == Set(files).count
    }

    func short(_ place: String) -> String { areDistinct ? Self.lastComponent(place) : place }

    private static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map { String($0) } ?? path
    }
}

extension DataReport {
    /// Short names for the places of this report.
    var places: PlaceNames {
        PlaceNames(files: ((trainInput?.files ?? []) + (heldOutFiles?.files ?? [])).map(\.path))
    }
}
