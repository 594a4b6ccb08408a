// The lists of names, as sets that a scan can ask for each word of a text.

enum NameLists {
    /// Given names that mean little else.
    static let given = set(GivenNames.plain)
    /// Given names that are words or places too: they count before a surname.
    static let doubtfulGiven = set(GivenNames.doubtful)
    /// Surnames that are no words.
    static let surnames = set(Surnames.plain).union(set(SurnamesFromL.plain))
    static let doubtfulSurnames = set(Surnames.doubtful)

    /// Words as their hashes (FNV-1a, 64 bits): no text is allocated for a look-up.
    private static func set(_ text: StaticString) -> Set<UInt64> {
        text.withUTF8Buffer { bytes in Set(bytes.split { $0 <= 0x20 }.map { hash($0) }) }
    }

    static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return hash
    }

    static func words(_ text: String) -> Set<UInt64> {
        Set(text.split { $0 == " " || $0 == "\n" }.map { hash($0.utf8) })
    }
}
