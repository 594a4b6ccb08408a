// Addresses of people and machines: e-mail, credentials in URLs, IP.

extension PersonalDataScanner {
    // MARK: URLs

    /// `scheme://user:password@host` and `?password=…`: what stands before the @, and the values of telling parameters.
    mutating func scanURLs() {
        var position = 0
        while position + 2 < text.count {
            guard text[position] == UInt8(ascii: ":"), text[position + 1] == UInt8(ascii: "/"),
                text[position + 2] == UInt8(ascii: "/"), byte(position - 1).isAlphanumeric
            else {
                position += 1
                continue
            }
            let start = position + 3
            let end = skip(start) { !Self.endsURL($0) }
            claimURL(schemeStart(before: position)..<end)
            let authority = skip(start) { byte in
                !Self.endsURL(byte) && ![UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains(byte)
            }
            if let at = (start..<authority).last(where: { text[$0] == UInt8(ascii: "@") }), at > start {
                let colon = (start..<at).first { text[$0] == UInt8(ascii: ":") }
                // A name alone is no secret ("ssh://git@host"), unless it is as long as a token.
                if let colon, colon + 1 < at {
                    claim(.urlCredentials, start..<at)
                } else if at - start >= 20 {
                    claim(.urlCredentials, start..<at)
                } else {
                    setAside(start..<at + 1)
                }
            }
            scanQuery(authority..<end)
            if authority < end { noteURL(authority..<end) }
            position = max(end, position + 3)
        }
    }

    /// Where web addresses are asked for they go whole, whatever stands in them.
    private mutating func claimURL(_ range: Range<Int>) {
        guard kinds.contains(.url) else { return }
        var end = range.upperBound
        while end > range.lowerBound, ".,;:!?)'\"]".utf8.contains(text[end - 1]) { end -= 1 }
        claim(.url, range.lowerBound..<end)
    }

    private func schemeStart(before colon: Int) -> Int {
        var start = colon
        while start > 0, text[start - 1].isAlphanumeric || text[start - 1] == UInt8(ascii: "+") { start -= 1 }
        return start
    }

    private static func endsURL(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte >= 0x80 || "\"'<>`{}|\\^".utf8.contains(byte)
    }

    private static let secretParameters = [
        "password", "passwd", "pwd", "token", "access_token", "api_key", "apikey", "secret", "client_secret",
        "auth_token",
    ]

    private mutating func scanQuery(_ range: Range<Int>) {
        var position = range.lowerBound
        while position < range.upperBound {
            let isStart = text[position] == UInt8(ascii: "?") || text[position] == UInt8(ascii: "&")
            position += 1
            guard isStart else { continue }
            for name in Self.secretParameters where starts(name + "=", at: position) {
                let start = position + name.utf8.count + 1
                var end = start
                while end < range.upperBound, text[end] != UInt8(ascii: "&"), text[end] != UInt8(ascii: "#") {
                    end += 1
                }
                if end > start { claim(.urlCredentials, start..<end) }
            }
        }
    }

    /// DOIs ("10.1016/j.cell.2020.01.001"): digits in them are nobody's.
    mutating func scanDOIs() {
        var position = 0
        while position + 8 < text.count {
            guard text[position] == UInt8(ascii: "1"), text[position + 1] == UInt8(ascii: "0"),
                text[position + 2] == UInt8(ascii: "."), !continues(position - 1)
            else {
                position += 1
                continue
            }
            let registrant = skip(position + 3, while: \.isDigit)
            guard (4...9).contains(registrant - position - 3), byte(registrant) == UInt8(ascii: "/") else {
                position += 3
                continue
            }
            let end = skip(registrant) { !Self.endsURL($0) }
            setAside(position..<end)
            position = end
        }
    }

    // MARK: E-mail

    mutating func scanEmails() {
        for at in text.indices where text[at] == UInt8(ascii: "@") {
            var start = at
            while start > 0, let length = localCharacter(endingAt: start) { start -= length }
            while start < at, [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "'")].contains(text[start]) {
                start += 1
            }
            guard start < at, text[at - 1] != UInt8(ascii: "."), let end = domainEnd(from: at + 1) else { continue }
            // "git@github.com:owner/name" is a place.
            if text[start..<at].elementsEqual("git".utf8), byte(end) == UInt8(ascii: ":") { continue }
            claim(.email, start..<end)
        }
    }

    /// The length of the character of a local part that ends before `position`. Letters of scripts with spaces count; Chinese
    /// characters before an address are words of the sentence.
    private func localCharacter(endingAt position: Int) -> Int? {
        let last = text[position - 1]
        if last < 0x80 {
            return last.isAlphanumeric || ".!#$%&'*+-=?^_~".utf8.contains(last) && last != UInt8(ascii: "=") ? 1 : nil
        }
        return spacedLetterLength(endingAt: position)
    }

    private func spacedLetterLength(endingAt position: Int) -> Int? {
        var start = position - 1
        while start > 0, text[start] & 0xC0 == 0x80, position - start < 4 { start -= 1 }
        return spacedLetterLength(at: start).flatMap { start + $0 == position ? $0 : nil }
    }

    /// The length of a letter beyond ASCII of a script that parts its words (Latin, Greek, Cyrillic).
    private func spacedLetterLength(at position: Int) -> Int? {
        guard byte(position) >= 0xC3, byte(position) < 0xD4 else { return nil }
        return text.withUnsafeBufferPointer { bytes in
            let (value, length) = UTF8Reader.scalar(bytes, position)
            return length == 2 && isWordCharacter(value) ? length : nil
        }
    }

    /// After the domain that begins at `start`: labels and a top-level name of letters that is no file's ending.
    private func domainEnd(from start: Int) -> Int? {
        var position = start
        var labels: [Range<Int>] = []
        while true {
            let label = position
            while position < text.count {
                if text[position].isAlphanumeric || (text[position] == UInt8(ascii: "-") && position > label) {
                    position += 1
                } else if let length = spacedLetterLength(at: position) {
                    position += length
                } else {
                    break
                }
            }
            var end = position
            while end > label, text[end - 1] == UInt8(ascii: "-") { end -= 1 }
            guard end > label else { break }
            labels.append(label..<end)
            guard end == position, byte(position) == UInt8(ascii: ".") else { break }
            position += 1
        }
        guard labels.count >= 2, let top = labels.last, top.count >= 2,
            !text[top].contains(where: \.isDigit) || starts("xn--", at: top.lowerBound)
        else { return nil }
        let name = String(decoding: text[top], as: UTF8.self)
        guard !["png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css"].contains(name) else { return nil }
        return top.upperBound
    }

    // MARK: IP

    /// IPv6 with eight groups, or fewer around one `::`. Times of day have no `::`.
    mutating func scanIPv6() {
        func isPart(_ byte: UInt8) -> Bool {
            byte.isHexadecimal || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
        }
        var position = 0
        while position < text.count {
            guard isPart(text[position]), !continues(position - 1) else {
                position += 1
                continue
            }
            var end = skip(position, while: isPart)
            let next = end
            if !continues(end) {
                while end > position,
                    text[end - 1] == UInt8(ascii: ".")
                        || (text[end - 1] == UInt8(ascii: ":") && byte(end - 2) != UInt8(ascii: ":"))
                {
                    end -= 1
                }
                // Sentence marks before the address.
                var start = position
                while start < end,
                    text[start] == UInt8(ascii: ".")
                        || (text[start] == UInt8(ascii: ":") && byte(start + 1) != UInt8(ascii: ":"))
                {
                    start += 1
                }
                if isIPv6(text[start..<end]) { claim(.ip, withBrackets(start..<end)) }
            }
            position = max(next, position + 1)
        }
    }

    /// In a URL an address stands in brackets, which are its own; elsewhere they are the sentence's.
    private func withBrackets(_ range: Range<Int>) -> Range<Int> {
        guard byte(range.lowerBound - 1) == UInt8(ascii: "["), byte(range.upperBound) == UInt8(ascii: "]"),
            byte(range.lowerBound - 2) == UInt8(ascii: "/") || byte(range.lowerBound - 2) == UInt8(ascii: "@")
        else { return range }
        return range.lowerBound - 1..<range.upperBound + 1
    }

    private func isIPv6(_ bytes: ArraySlice<UInt8>) -> Bool {
        let colons = bytes.count { $0 == UInt8(ascii: ":") }
        guard colons >= 2, bytes.count >= 4, bytes.contains(where: \.isDigit) else { return false }
        var groups = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Array($0) }
        var count = 0
        if let last = groups.last, last.contains(UInt8(ascii: ".")) {
            guard isIPv4(last) else { return false }
            groups.removeLast()
            count += 2
        }
        // A leading or trailing "::" leaves two empty pieces.
        if groups.first?.isEmpty == true { groups.removeFirst() }
        if groups.last?.isEmpty == true, count == 0 { groups.removeLast() }
        let gaps = groups.count { $0.isEmpty }
        guard gaps <= 1, groups.allSatisfy({ $0.count <= 4 && $0.allSatisfy(\.isHexadecimal) }) else { return false }
        let full = groups.count { !$0.isEmpty }
        count += full
        return gaps == 1 ? count <= 7 && count >= 2 : count == 8 && colons >= 6
    }

    func isIPv4(_ bytes: [UInt8]) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(\.isDigit)
                    && part.reduce(0) { $0 * 10 + Int($1) - 48 } <= 255
                    && (part.count == 1 || part.first != UInt8(ascii: "0"))
            }
    }
}
