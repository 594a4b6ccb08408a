// Codes of the post: by their shape where it tells (Britain, Canada, a US state before five digits), else after a word.

extension PersonalDataScanner {
    private static let words = [
        "zip code", "zipcode", "zip", "postcode", "post code", "postal code", "邮政编码", "邮编", "邮遞區號",
    ].map { Array($0.utf8) }
    /// Areas of British codes.
    private static let areas = NameLists.words(
        """
        ab al b ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy e ec eh en ex fa fk fy g gl gu ha hd
        hg hp hr hs hu hx ig ip iv ka kt kw ky l la ld le ll ln ls lu m me mk ml n ne ng nn np nr nw ol ox pa pe ph pl po pr rg rh rm s
        sa se sg sk sl sm sn so sp sr ss st sw sy ta td tf tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo ze
        """)
    private static let states = NameLists.words(
        """
        al ak az ar ca co ct de fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or pa ri sc sd tn
        tx ut vt va wa wv wi wy dc
        """)

    mutating func scanPostcodes() {
        for word in Self.words {
            for position in positions(of: word) where word[0] >= 0x80 || !byte(position - 1).isAlphanumeric {
                var start = position + word.count
                if starts("：", at: start) || starts("是", at: start) || starts("为", at: start) { start += 3 }
                start = skip(start) { " :=#.\"'".utf8.contains($0) }
                if starts("is ", at: start) { start += 3 }
                let end = skip(start) { $0.isAlphanumeric }
                if let shaped = shapedPostcodeEnd(at: start) {
                    claim(.postcode, start..<shaped)
                } else if (4...7).contains(end - start), text[start..<end].count(where: \.isDigit) >= 4 {
                    claim(.postcode, start..<usExtensionEnd(end))
                }
            }
        }
        var position = 0
        while position < text.count {
            guard capitals[position], !continues(position - 1), let end = postcodeEnd(at: position) else {
                position += 1
                continue
            }
            // The letters of a US state say where; the digits after them, who.
            let start =
                byte(position + 2) == 0x20 && byte(position + 3).isDigit && end - position >= 8
                    && !byte(end - 1).isLetter
                ? position + 3 : position
            claim(.postcode, start..<end)
            position = end
        }
    }

    /// After a code that begins at `start`: British, Canadian, or a US state with its five digits.
    func postcodeEnd(at start: Int) -> Int? { shapedPostcodeEnd(at: start) ?? stateCodeEnd(at: start) }

    /// "SW1A 1AA", "K1A 0B1".
    private func shapedPostcodeEnd(at start: Int) -> Int? {
        let space = skip(start, while: \.isAlphanumeric)
        guard byte(space) == 0x20, (2...4).contains(space - start), byte(start).isLetter, capitals[start] else {
            return nil
        }
        let end = skip(space + 1, while: \.isAlphanumeric)
        guard end - space - 1 == 3, !continues(end) else { return nil }
        let inward = Array(text[space + 1..<end])
        let outward = Array(text[start..<space])
        let area = outward.prefix { $0.isLetter }
        if inward[0].isDigit, inward[1].isLetter, inward[2].isLetter, (1...2).contains(area.count),
            outward.count > area.count,
            outward[area.count].isDigit, capitals[end - 1], Self.areas.contains(NameLists.hash(area))
        {
            return end
        }
        let isCanadian =
            outward.count == 3 && outward[1].isDigit && outward[2].isLetter && inward[0].isDigit && inward[1].isLetter
            && inward[2].isDigit
        return isCanadian ? end : nil
    }

    private func stateCodeEnd(at start: Int) -> Int? {
        guard byte(start + 2) == 0x20 || starts(", ", at: start + 2), start + 1 < text.count, capitals[start],
            capitals[start + 1],
            Self.states.contains(NameLists.hash(text[start..<start + 2]))
        else { return nil }
        let digits = skip(start + 2) { $0 == 0x20 || $0 == UInt8(ascii: ",") }
        let end = skip(digits, while: \.isDigit)
        guard end - digits == 5, !byte(end).isLetter else { return nil }
        return usExtensionEnd(end)
    }

    /// "-1234" after five digits.
    private func usExtensionEnd(_ end: Int) -> Int {
        guard byte(end) == UInt8(ascii: "-") else { return end }
        let last = skip(end + 1, while: \.isDigit)
        return last - end == 5 ? last : end
    }
}
