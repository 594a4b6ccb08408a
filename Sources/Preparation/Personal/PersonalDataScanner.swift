// Finds personal data in one text. Each kind of scanner claims the bytes of what it finds; what has the shape of a checked number
// but fails its check is set aside, so that no other scanner takes it for something else.

internal import Recipes

/// A piece of personal data in folded text.
struct PersonalDataMatch {
    var kind: PersonalDataKind
    /// Folded bytes.
    var range: Range<Int>
}

struct PersonalDataScanner {
    var text: [UInt8] = []
    /// Which bytes of `text` began a capital letter.
    var capitals: [Bool] = []
    private(set) var matches: [PersonalDataMatch] = []
    /// Ranges that are spoken for: matches, and numbers that failed their check.
    private var taken: [Range<Int>] = []
    /// Paths and queries of URLs: numbers in them are numbers of things.
    private var urls: [Range<Int>] = []
    let kinds: Set<PersonalDataKind>

    init(_ kinds: Set<PersonalDataKind>) { self.kinds = kinds }

    /// Scans a folded text.
    mutating func scan(_ folded: FoldedText) {
        let bytes = folded.bytes
        text = bytes
        capitals = folded.capitals
        matches.removeAll(keepingCapacity: true)
        taken.removeAll(keepingCapacity: true)
        urls.removeAll(keepingCapacity: true)
        var digits = 0
        var colons = 0
        var signs = 0
        for byte in bytes {
            if byte.isDigit { digits += 1 }
            if byte == UInt8(ascii: ":") { colons += 1 }
            if byte == UInt8(ascii: "@") { signs += 1 }
        }
        if colons > 0 { scanURLs() }
        if signs > 0 { scanEmails() }
        if digits >= 2 { scanAnnouncedNumbers() }
        scanKeywords()
        if digits > 0 {
            scanStreetAddresses()
            scanChineseAddresses()
            scanPostcodes()
        }
        scanEventDates()
        scanAges()
        if colons >= 2, digits > 0 {
            scanHardwareAddresses()
            scanIPv6()
        }
        if digits >= 4 {
            if digits >= 6 { scanDOIs() }
            if digits >= 8 { scanIBANs() }
            scanNumbers()
        }
        scanNames()
        scanChineseNames()
        matches.sort { $0.range.lowerBound < $1.range.lowerBound }
    }

    // MARK: Claims

    func isFree(_ range: Range<Int>) -> Bool { !taken.contains { $0.overlaps(range) } }

    /// Records what was found, unless the bytes are spoken for. A kind that is not asked for still claims its bytes.
    @discardableResult
    mutating func claim(_ kind: PersonalDataKind, _ range: Range<Int>) -> Bool {
        guard isFree(range) else { return false }
        taken.append(range)
        if kinds.contains(kind) { matches.append(PersonalDataMatch(kind: kind, range: range)) }
        return true
    }

    /// Keeps other scanners away from a number that has the shape of a kind and fails its check.
    mutating func setAside(_ range: Range<Int>) { taken.append(range) }

    mutating func noteURL(_ range: Range<Int>) { urls.append(range) }

    func isInURL(_ position: Int) -> Bool { urls.contains { $0.contains(position) } }

    // MARK: Bytes

    func byte(_ position: Int) -> UInt8 { text.indices.contains(position) ? text[position] : 0x20 }

    /// Whether neither side of the range goes on with a letter, a digit or an underscore.
    func isWhole(_ range: Range<Int>) -> Bool {
        !continues(range.lowerBound - 1) && !continues(range.upperBound)
    }

    func continues(_ position: Int) -> Bool {
        let byte = byte(position)
        return byte.isAlphanumeric || byte == UInt8(ascii: "_")
    }

    func starts(_ word: [UInt8], at position: Int) -> Bool {
        guard position >= 0, position + word.count <= text.count else { return false }
        for offset in word.indices where text[position + offset] != word[offset] { return false }
        return true
    }

    func starts(_ word: String, at position: Int) -> Bool {
        guard position >= 0 else { return false }
        var position = position
        for byte in word.utf8 {
            guard position < text.count, text[position] == byte else { return false }
            position += 1
        }
        return true
    }

    func skip(_ position: Int, while condition: (UInt8) -> Bool) -> Int {
        var position = position
        while position < text.count, condition(text[position]) { position += 1 }
        return position
    }
}
