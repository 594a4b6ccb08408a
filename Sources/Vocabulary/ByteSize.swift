// Sizes as people write them.

/// A number of bytes in words.
public enum ByteSize {
    private static let units = [
        "": 1.0, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30,
        "tib": 0x1p40, "k": 0x1p10, "m": 0x1p20, "g": 0x1p30, "t": 0x1p40,
    ]

    /// The bytes that `2GiB`, `500 MB` or `1073741824` say; nil for anything else.
    public static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }.lowercased()
        guard let number = Double(digits), let factor = units[unit] else { return nil }
        let bytes = (number * factor).rounded()
        return bytes < 0x1p62 ? Int(bytes) : nil
    }
}

/// How large a written model may be: by itself, or as a share of what its plain type takes.
public enum SizeWish: Sendable, Equatable {
    case bytes(Int)
    /// 1.1: a tenth more than the plain type.
    case share(Double)

    /// Of "110%", "95MB" or a plain number; nil for anything else.
    public init?(_ text: String) {
        if text.hasSuffix("%") {
            guard let percent = Double(text.dropLast()), percent >= 100, percent.isFinite else { return nil }
            self = .share(percent / 100)
        } else {
            guard let bytes = ByteSize.bytes(text), bytes > 0 else { return nil }
            self = .bytes(bytes)
        }
    }

    /// What a person may write.
    public static let expected = "a size such as 95MB, or a share of the plain type's such as 110%"

    /// As a person would write it.
    public var text: String {
        switch self {
        case .bytes(let bytes): "\(bytes)"
        case .share(let share): "\(100 * share)%"
        }
    }

    /// Bytes, where the plain type takes `plain`.
    public func bytes(plain: Int) -> Int {
        switch self {
        case .bytes(let bytes): bytes
        case .share(let share): Int((Double(plain) * share).rounded(.down))
        }
    }
}
