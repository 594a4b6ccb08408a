// Where people live: a number and a street, a box at the post, a flat; and the places and codes after them.

extension PersonalDataScanner {
    private static let streets = NameLists.words(
        """
        street st road rd avenue ave av lane ln drive dr court ct place pl boulevard blvd way terrace ter close crescent cres square
        sq highway hwy parkway pkwy circle cir trail trl gardens grove mews row walk hill rise loop alley broadway quay embankment
        """)
    /// Streets whose name stands on its own after the number.
    private static let loneStreets = NameLists.words("broadway")
    private static let units = NameLists.words(
        "apt apartment flat unit suite ste room rm floor fl building bldg house block")
    private static let directions = NameLists.words("n s e w ne nw se sw north south east west")
    private static let states = NameLists.words(
        """
        al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri sc sd tn
        tx ut vt va wa wv wi wy dc
        """)

    mutating func scanStreetAddresses() {
        scanAddressLabels()
        scanPostBoxes()
        var position = 0
        while position < text.count {
            let previous = byte(position - 1)
            let isPart = ".,/-".utf8.contains(previous) && byte(position - 2).isDigit
            guard byte(position).isDigit, !continues(position - 1), !isPart else {
                position += 1
                continue
            }
            let digits = skip(position) { $0.isDigit }
            guard digits - position <= 5, let end = streetEnd(behind: digits) else {
                position = digits
                continue
            }
            claim(.address, unitStart(before: position)..<placesEnd(from: end))
            position = end
        }
    }

    /// "12 Baker Street", "221B Baker St.", "1600 Pennsylvania Ave NW": after the street; at most four words of it.
    private func streetEnd(behind number: Int) -> Int? {
        var position = number
        if byte(position).isLetter, !byte(position + 1).isAlphanumeric { position += 1 }
        if byte(position) == UInt8(ascii: "-"), byte(position + 1).isDigit {
            position = skip(position + 1, while: \.isDigit)
        }
        // "12, Baker Street"; but "18, 186 High Street" begins at 186.
        if byte(position) == UInt8(ascii: ","), !byte(position + 2).isDigit { position += 1 }
        guard byte(position) == 0x20 else { return nil }
        var words = 0
        while words < 5, byte(position) == 0x20 {
            let start = position + 1
            let end = skip(start) {
                $0.isAlphanumeric || $0 == UInt8(ascii: "'") || $0 >= 0xC3 && $0 < 0xCA || $0 & 0xC0 == 0x80
            }
            guard end > start, capitals[start] || byte(start).isDigit else { return nil }
            let hash = NameLists.hash(text[start..<end])
            if (words > 0 && Self.streets.contains(hash)) || Self.loneStreets.contains(hash) {
                return directionEnd(from: end)
            }
            position = byte(end) == UInt8(ascii: ".") ? end + 1 : end
            words += 1
        }
        return nil
    }

    private func directionEnd(from end: Int) -> Int {
        let start = skip(end) { $0 == 0x20 || $0 == UInt8(ascii: ".") }
        let word = skip(start, while: \.isLetter)
        guard word > start, capitals[start], Self.directions.contains(NameLists.hash(text[start..<word])) else {
            return end
        }
        return word
    }

    /// "Flat 3, " before the number belongs to the address.
    private func unitStart(before number: Int) -> Int {
        var position = number
        while position > 0, " ,".utf8.contains(text[position - 1]) { position -= 1 }
        var start = position
        while start > 0, text[start - 1].isAlphanumeric { start -= 1 }
        guard start < position, position - start <= 4, byte(start - 1) == 0x20 else { return number }
        var word = start - 1
        while word > 0, text[word - 1].isLetter { word -= 1 }
        return Self.units.contains(NameLists.hash(text[word..<start - 1])) ? word : number
    }

    /// After what follows a street: unit, town, state and code, each after a comma or a space.
    private func placesEnd(from start: Int) -> Int {
        var end = start
        for _ in 0..<5 {
            var position = skip(end) {
                $0 == 0x20 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n")
                    || $0 == UInt8(ascii: "#")
            }
            guard position > end, position - end <= 3 else { break }
            if let code = postcodeEnd(at: position) {
                end = code
                break
            }
            let hasComma = text[end..<position].contains { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\n") }
            let first = skip(position, while: \.isAlphanumeric)
            guard first > position else { break }
            let hash = NameLists.hash(text[position..<first])
            if Self.units.contains(hash), byte(first) == 0x20 || byte(first) == UInt8(ascii: ".") {
                end = skip(skip(first) { " .#".utf8.contains($0) }, while: \.isAlphanumeric)
                continue
            }
            if text[position..<first].count == 2, capitals[position], Self.states.contains(hash) {
                end = first
                continue
            }
            // A town: words with capitals after a comma.
            guard hasComma, capitals[position] else { break }
            while byte(position).isLetter, capitals[position],
                !NameWords.common.contains(NameLists.hash(text[position..<skip(position, while: \.isLetter)]))
            {
                end = skip(position, while: \.isLetter)
                position = byte(end) == 0x20 ? end + 1 : text.count
                if position < text.count, byte(position).isLetter, postcodeEnd(at: position) != nil { break }
            }
        }
        return end
    }

    // MARK: Labels and boxes

    /// "Address: …" up to the line's end, 100 bytes at most.
    private mutating func scanAddressLabels() {
        for label in ["address:", "address is ", "addr:", "residence:"] {
            for position in positions(of: Array(label.utf8)) where !byte(position - 1).isAlphanumeric {
                // E-mail, IP and web addresses are kinds of their own.
                let before = text[max(0, position - 7)..<position]
                if ["email ", "e-mail ", "mail ", "ip ", "web ", "mac ", "url "].contains(where: {
                    before.reversed().starts(with: $0.utf8.reversed())
                }) {
                    continue
                }
                let start = skip(position + label.utf8.count) { $0 == 0x20 || $0 == UInt8(ascii: "\"") }
                var end = start
                while end < text.count, end - start < 100, text[end] >= 0x20, !";\"|".utf8.contains(text[end]),
                    !(text[end] == UInt8(ascii: ".") && byte(end + 1) == 0x20 && end - start > 12
                        && !byte(end - 3).isLetter)
                {
                    end += 1
                }
                while end > start, " .,".utf8.contains(text[end - 1]) { end -= 1 }
                if end - start >= 6, text[start..<end].contains(where: \.isDigit),
                    !text[start..<end].contains(UInt8(ascii: "@"))
                {
                    claim(.address, start..<end)
                }
            }
        }
    }

    private mutating func scanPostBoxes() {
        for box in ["po box ", "p.o. box ", "p o box "] {
            for position in positions(of: Array(box.utf8)) where !continues(position - 1) {
                let end = skip(position + box.utf8.count, while: \.isAlphanumeric)
                if text[position..<end].contains(where: \.isDigit) { claim(.address, position..<placesEnd(from: end)) }
            }
        }
    }

    /// Where `word` stands, ascending.
    func positions(of word: [UInt8]) -> [Int] {
        var found: [Int] = []
        var position = 0
        while position + word.count <= text.count {
            if text[position] == word[0], starts(word, at: position) {
                found.append(position)
                position += word.count
            } else {
                position += 1
            }
        }
        return found
    }
}
