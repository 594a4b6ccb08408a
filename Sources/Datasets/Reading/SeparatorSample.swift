// What stands between the fields of a table, told from its first lines.

internal import Vocabulary

/// The first lines of a table.
struct SeparatorSample {
    private let bytes: UnsafeRawBufferPointer
    private let quotes: QuoteRule
    private let isWhole: Bool

    /// How much of a file is looked at.
    static let byteCount = 1 << 16
    private static let recordLimit = 32
    private static let candidates = [",", ";", "\t", "|"].map { UInt8(ascii: $0) }

    /// - Parameter isWhole: nothing follows `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, quotes: QuoteRule, isWhole: Bool) {
        self.bytes = bytes
        self.quotes = quotes
        self.isWhole = isWhole
    }

    /// A first line `sep=;`, as Excel writes and reads it: what it names, and its length with its break.
    var separatorLine: (separator: UInt8, byteCount: Int)? {
        let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
        let line = bytes[..<end].filter { $0 != 0x0D && $0 != UInt8(ascii: "\"") }
        guard line.count == 5, String(decoding: line[..<4], as: UTF8.self).lowercased() == "sep=" else { return nil }
        return (line[4], min(end + 1, bytes.count))
    }

    /// The separator that makes as many fields of every line, at least two; the usual one where it does or where none does. Of
    /// several, the one that makes most. Where none does, the one that the first line has.
    func separator(usual: UInt8) -> UInt8 {
        let counts = Self.candidates.map { (separator: $0, fields: fieldCounts($0)) }
        func isEven(_ fields: [Int]) -> Bool { fields.allSatisfy { $0 == fields[0] && $0 > 1 } && !fields.isEmpty }
        if let own = counts.first(where: { $0.separator == usual }), isEven(own.fields) { return usual }
        let even = counts.filter { isEven($0.fields) }
        if let most = even.max(by: { $0.fields[0] < $1.fields[0] }) { return most.separator }
        // Rows are uneven, or there is but one column: the header decides.
        guard counts.first(where: { $0.separator == usual })?.fields.first == 1 else { return usual }
        return counts.max { ($0.fields.first ?? 0) < ($1.fields.first ?? 0) }.flatMap {
            $0.fields.first ?? 0 > 1 ? $0.separator : nil
        } ?? usual
    }

    /// Fields of each of the first records; none where they cannot be told.
    private func fieldCounts(_ separator: UInt8) -> [Int] {
        var counts: [Int] = []
        var rest = bytes[...]
        while counts.count < Self.recordLimit {
            while let byte = rest.first, byte == 0x0A || byte == 0x0D { rest.removeFirst() }
            guard !rest.isEmpty else { break }
            var scan = DelimitedScan(
                bytes: UnsafeRawBufferPointer(rebasing: rest), separator: separator, quotes: quotes, isWhole: isWhole)
            guard case .whole = scan.record() else { break }
            counts.append(scan.fields.count)
            rest = rest.dropFirst(scan.position)
        }
        return counts
    }
}
