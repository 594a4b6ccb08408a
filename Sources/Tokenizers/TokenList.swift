// Token texts by id, as bytes. The other direction is `ByteTable`.

/// The texts of a vocabulary; ids without a token are holes.
struct TokenList: Sendable {
    /// The highest id accepted: far above real vocabularies, low enough that a hostile id allocates little.
    static let maximumID = (1 << 22) - 1

    private(set) var texts: [[UInt8]?] = []

    var count: Int { texts.count }

    subscript(id: Int32) -> [UInt8]? {
        id >= 0 && Int(id) < texts.count ? texts[Int(id)] : nil
    }

    mutating func set(_ id: Int32, to text: [UInt8]) {
        precondition(0...Self.maximumID ~= Int(id))
        while texts.count <= Int(id) { texts.append(nil) }
        texts[Int(id)] = text
    }
}
