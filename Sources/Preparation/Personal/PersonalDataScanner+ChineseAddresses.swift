// Chinese addresses: province, city, district, road, number, building, room; and what stands after "地址".

extension PersonalDataScanner {
    private static let roads = ["路", "街", "道", "巷", "弄", "胡同", "村", "镇", "小区", "花园", "大厦", "苑"].map { Array($0.utf8) }
    private static let ends = ["号楼", "号", "栋", "幢", "单元", "室", "楼", "层", "座", "弄", "户"].map { Array($0.utf8) }
    private static let labels = ["家庭住址", "家庭地址", "收货地址", "联系地址", "通讯地址", "现住址", "住址", "地址", "户籍地", "家住", "住在"].map {
        Array($0.utf8)
    }
    private static let regions = ["省", "自治区", "市", "区", "县", "旗", "州"].map { Array($0.utf8) }
    /// Words that end before an address: "我在北京市…", "请寄到上海市…".
    private static let starters = ["住在", "家住", "寄到", "送到", "位于", "地址是", "地址为", "地址", "我在", "在", "到", "于", "是"].map {
        Array($0.utf8)
    }

    mutating func scanChineseAddresses() {
        guard text.contains(where: { (0xE4...0xE9).contains($0) }) else { return }
        for label in Self.labels {
            for position in positions(of: label) { claimLabelledAddress(behind: position + label.count) }
        }
        var position = 0
        while position < text.count {
            // A number after a road and before "号": the tail of an address.
            guard byte(position).isDigit, !byte(position - 1).isDigit,
                Self.roads.contains(where: { starts($0, at: position - $0.count) })
            else {
                position += 1
                continue
            }
            let digits = skip(position) { $0.isDigit || $0 == UInt8(ascii: "-") }
            guard Self.ends.contains(where: { starts($0, at: digits) }) else {
                position = digits
                continue
            }
            let end = tailEnd(from: position)
            claim(.address, addressStart(before: position)..<end)
            position = end
        }
    }

    /// After "8号3栋2单元501室".
    private func tailEnd(from start: Int) -> Int {
        var end = start
        while true {
            var position = skip(end) { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
            guard position > end, position - end <= 7 else { return end }
            guard let unit = Self.ends.first(where: { starts($0, at: position) }) else {
                return text[end..<position].allSatisfy(\.isDigit) && position - end >= 3 ? position : end
            }
            position += unit.count
            end = position
        }
    }

    /// Back over the characters of road, district and city: up to 24, to a sign or a word that leads to an address.
    private func addressStart(before position: Int) -> Int {
        var start = position
        while start >= 3, (0xE4...0xE9).contains(text[start - 3]), text[start - 2] & 0xC0 == 0x80, position - start < 72
        {
            if Self.starters.contains(where: { starts($0, at: start - $0.count) }), position - start >= 6 { break }
            start -= 3
        }
        return start
    }

    private mutating func claimLabelledAddress(behind label: Int) {
        var start = label
        while start < text.count,
            " :=\"".utf8.contains(text[start]) || starts("：", at: start) || starts("是", at: start)
                || starts("为", at: start)
        {
            start += text[start] < 0x80 ? 1 : 3
        }
        var end = start
        while end < text.count, end - start < 150 {
            let byte = text[end]
            if byte < 0x80 {
                guard byte.isAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "#") else { break }
                end += 1
            } else {
                guard (0xE4...0xE9).contains(byte) else { break }
                end += 3
            }
        }
        end = min(end, text.count)
        // It must name a region, a road or a number to be one: "地址不详" is none.
        let isPlace =
            Self.regions.contains { region in holds(region, start + 3..<end) } && end - start >= 12
            || Self.roads.contains { road in holds(road, start..<end) } && text[start..<end].contains(where: \.isDigit)
        if isPlace { claim(.address, start..<end) }
    }

    private func holds(_ word: [UInt8], _ range: Range<Int>) -> Bool {
        guard range.lowerBound < range.upperBound else { return false }
        return (range.lowerBound..<range.upperBound).contains {
            $0 + word.count <= range.upperBound && starts(word, at: $0)
        }
    }
}
