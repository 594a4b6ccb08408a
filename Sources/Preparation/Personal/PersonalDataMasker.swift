// Takes personal data out of texts: placeholders, or pseudonyms that are the same for the same value.

internal import Digests
internal import Recipes

/// Masks texts. One masker serves one thread.
struct PersonalDataMasker {
    private var scanner: PersonalDataScanner
    private var folded = FoldedText()
    /// The secret of pseudonyms; `nil`: placeholders.
    private let key: [UInt8]?

    init(kinds: [PersonalDataKind], key: [UInt8]? = nil) {
        scanner = PersonalDataScanner(Set(kinds))
        self.key = key
    }

    /// All kinds, as placeholders.
    static var everything: PersonalDataMasker { PersonalDataMasker(kinds: PersonalDataKind.allCases) }

    func masked(_ text: String) -> String {
        var copy = self
        return copy.mask(text, under: "") { _ in } ?? text
    }

    /// The text without personal data, `nil` where there is none.
    ///
    /// - Parameters:
    ///   - field: the name that the text stands under; "date_of_birth" says what a bare date is.
    ///   - count: called with the kind of each piece.
    mutating func mask(_ text: String, under field: String, count: (PersonalDataKind) -> Void) -> String? {
        var text = text
        return text.withUTF8 { bytes in
            folded.fold(bytes, prefix: Self.context(of: field))
            scanner.scan(folded)
            guard !scanner.matches.isEmpty else { return nil }
            var output: [UInt8] = []
            output.reserveCapacity(bytes.count)
            var position = 0
            for match in scanner.matches {
                guard let range = folded.origin(of: match.range), range.lowerBound >= position else { continue }
                output.append(contentsOf: bytes[position..<range.lowerBound])
                output.append(contentsOf: replacement(for: match).utf8)
                position = range.upperBound
                count(match.kind)
            }
            guard position > 0 else { return nil }
            output.append(contentsOf: bytes[position...])
            return String(decoding: output, as: UTF8.self)
        }
    }

    /// The name of a field as words before its text, where it says what a number is.
    static func context(of field: String) -> [UInt8] {
        let lower = Array(field.lowercased().utf8)
        // Asked for each text of each row: by bytes, as Foundation's search takes longer than the scanning does.
        let isTelling = tellingNames.contains { name in
            lower.indices.contains { lower[$0] == name[0] && lower[$0...].starts(with: name) }
        }
        let isPerson = personFields.contains(String(decoding: lower, as: UTF8.self))
        guard isTelling || isPerson else { return [] }
        // What a person's field holds is announced as a label announces it.
        let words = lower.map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }
        return (isPerson && !lower.ends(with: "name") ? words + Array(" name".utf8) : words) + [
            UInt8(ascii: ":"), 0x20,
        ]
    }

    private static let tellingNames = [
        "phone", "mobile", "tel", "fax", "nhs", "ssn", "social", "dob", "birth", "born", "mrn", "record", "patient",
        "card", "hospital", "chart", "address", "passport", "zip", "postcode", "postal", "insurance", "member",
        "licence", "license",
        "plate", "account", "serial", "visit", "admission", "discharge", "电话", "手机", "出生", "生日", "身份证", "病历", "住院号",
        "姓名", "地址", "住址", "邮编", "护照",
    ].map { Array($0.utf8) }

    /// Names of fields that hold names of people. Only whole names tell: "product_name" does not.
    private static let personFields: Set<String> = [
        "name", "patient_name", "full_name", "first_name", "last_name", "middle_name", "given_name", "family_name",
        "surname",
        "forename", "maiden_name", "customer_name", "client_name", "doctor", "physician", "clinician", "nurse",
        "contact_person",
        "next_of_kin", "guardian", "patient", "doctor_name", "physician_name", "provider_name", "author_name",
    ]

    // MARK: Replacements

    private func replacement(for match: PersonalDataMatch) -> String {
        let name = match.kind.rawValue.uppercased()
        guard let key else { return "[\(name)]" }
        let essence = scanner.essence(of: match)
        let digest = Self.hmac(key: key, Array(name.utf8) + [0] + essence)
        return "[\(name)_\(digest.prefix(6).map { $0 }.hexadecimal)]"
    }

    /// HMAC-SHA256 (RFC 2104).
    static func hmac(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        func digest(_ bytes: [UInt8]) -> [UInt8] {
            var hash = SHA256()
            hash.update(bytes)
            return hash.digest()
        }
        var block = key.count > 64 ? digest(key) : key
        block += Array(repeating: 0, count: 64 - block.count)
        let inner = digest(block.map { $0 ^ 0x36 } + message)
        return digest(block.map { $0 ^ 0x5C } + inner)
    }
}

extension [UInt8] {
    fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
