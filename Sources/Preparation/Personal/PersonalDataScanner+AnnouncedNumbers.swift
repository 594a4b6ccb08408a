// Numbers that only words make personal: of passports, health plans, accounts, licences, vehicles and devices.

internal import Recipes

extension PersonalDataScanner {
    /// A word, the kind of number that it announces, and whether a further word or a sign must say that a number follows.
    private struct Announcement {
        let word: [UInt8]
        let kind: PersonalDataKind
        let needsSign: Bool
    }

    private static let announcements: [UInt8: [Announcement]] = {
        // Words that say it all, then words that need "number", "no.", "#" or a colon after.
        let said: [(PersonalDataKind, [String], [String])] = [
            (.passport, ["护照号码", "护照号", "护照", "通行证号"], ["passport"]),
            (
                .healthPlan,
                [
                    "medicare id", "medicaid id", "member id", "subscriber id", "beneficiary id", "insurance id",
                    "health plan id", "hicn", "mbi",
                    "医保卡号", "医保号", "社保卡号", "社保号", "参保号", "保单号",
                ],
                [
                    "medicare", "medicaid", "member", "subscriber", "beneficiary", "insurance", "health plan", "policy",
                    "group", "health card", "plan",
                ]
            ),
            (
                .account,
                ["账户号码", "银行账号", "账号", "帐号", "账户", "sort code", "routing number", "account id"],
                ["account", "acct", "a/c", "bank account", "routing", "billing account", "checking", "savings"]
            ),
            (
                .licence,
                [
                    "driver's license", "drivers license", "driving licence", "driver license", "driving license",
                    "驾驶证号", "驾照号", "执业证号", "医师资格证号", "资格证号", "npi",
                ],
                [
                    "license", "licence", "dl", "dea", "npi", "gmc", "nmc", "certificate", "cert", "certification",
                    "registration", "medical license", "permit",
                ]
            ),
            (
                .vehicle,
                ["vin", "license plate", "licence plate", "number plate", "plate number", "车牌号码", "车牌号", "车牌", "车架号"],
                ["plate", "vehicle", "vehicle registration", "vehicle identification", "reg", "chassis"]
            ),
            (
                .device,
                ["serial number", "device id", "device identifier", "imei", "udi", "s/n", "序列号", "设备号", "设备编号", "机身号"],
                ["serial", "device", "pacemaker", "implant", "stent", "pump"]
            ),
        ]
        var table: [UInt8: [Announcement]] = [:]
        for (kind, whole, open) in said {
            for (words, needsSign) in [(whole, false), (open, true)] {
                for word in words.map({ Array($0.utf8) }) {
                    table[word[0], default: []].append(Announcement(word: word, kind: kind, needsSign: needsSign))
                }
            }
        }
        return table.mapValues { $0.sorted { $0.word.count > $1.word.count } }
    }()

    private static let isFirst: [Bool] = (0..<256).map { announcements[UInt8($0)] != nil }
    private static let numberWords = [
        "numbers", "number", "num", "no.", "nos", "no", "nr", "id", "#", "identifier", "code", "号码", "号",
    ].map { Array($0.utf8) }
    private static let fillers = NameLists.words("is was number no num nr id serial of the identification")

    mutating func scanAnnouncedNumbers() {
        scanChinesePlates()
        var position = 0
        while position < text.count {
            guard Self.isFirst[Int(text[position])], text[position] >= 0x80 || !continues(position - 1),
                let found = Self.announcements[text[position]]?.first(where: {
                    starts($0.word, at: position)
                        && ($0.word[$0.word.count - 1] >= 0x80 || !byte(position + $0.word.count).isAlphanumeric)
                })
            else {
                position += 1
                continue
            }
            let end = position + found.word.count
            if let value = announcedValue(from: end, found) {
                claim(found.kind, value)
                position = max(end, value.upperBound)
            } else {
                position = end
            }
        }
    }

    /// Letters, digits and dashes after the word: five characters and four digits at least.
    private func announcedValue(from start: Int, _ announcement: Announcement) -> Range<Int>? {
        var position = start
        var isSaid = !announcement.needsSign
        let limit = start + 30
        while position < text.count, position < limit {
            let byte = text[position]
            if let word = Self.numberWords.first(where: {
                starts($0, at: position)
                    && !($0[$0.count - 1].isLetter && self.byte(position + $0.count).isAlphanumeric)
            }) {
                isSaid = true
                position += word.count
            } else if byte.isAlphanumeric {
                let end = skip(position) { $0.isAlphanumeric }
                let run = skip(position) { $0.isAlphanumeric || $0 == UInt8(ascii: "-") }
                let value = position..<valueEnd(position, run, announcement.kind)
                let isNumber = text[position..<run].contains(where: \.isDigit)
                if isSaid, isNumber, isValue(value, announcement.kind) { return value }
                guard Self.fillers.contains(NameLists.hash(text[position..<end])) else { return nil }
                position = end
            } else if byte >= 0x80 {
                guard let filler = ["：", "是", "为", "号", "码", "№"].first(where: { starts($0, at: position) }) else {
                    return nil
                }
                isSaid = true
                position += filler.utf8.count
            } else {
                guard " \t:#=.(\"'[_".utf8.contains(byte) else { return nil }
                if byte == UInt8(ascii: ":") || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "=") { isSaid = true }
                position += 1
            }
        }
        return nil
    }

    /// Groups of digits with single spaces between go on, as in "1234 5678 90".
    private func valueEnd(_ start: Int, _ end: Int, _ kind: PersonalDataKind) -> Int {
        var end = end
        while end > start, text[end - 1] == UInt8(ascii: "-") { end -= 1 }
        while end + 2 < text.count, text[end] == 0x20, end - start < 30 {
            let next = skip(end + 1) { $0.isAlphanumeric }
            let group = text[end + 1..<next]
            let isCapital = capitals[end + 1..<next].allSatisfy { $0 }
            let isCode =
                group.count <= 4
                && (kind == .vehicle ? isCapital : capitals[end + 1] && group.contains(where: \.isDigit))
            guard (2...6).contains(group.count), isCode || group.allSatisfy(\.isDigit), !continues(next) else { break }
            end = next
        }
        return end
    }

    private func isValue(_ range: Range<Int>, _ kind: PersonalDataKind) -> Bool {
        let digits = text[range].count(where: \.isDigit)
        guard range.count >= 5, range.count <= 34, !continues(range.upperBound) else { return false }
        switch kind {
        case .passport: return (6...9).contains(text[range].count(where: \.isAlphanumeric)) && digits >= 5
        case .vehicle: return digits >= 2 && range.count <= 20
        case .account: return digits >= 5
        default: return digits >= 4
        }
    }

    // MARK: Shapes

    /// 京A12345, 粤B·D12345.
    private mutating func scanChinesePlates() {
        guard text.contains(where: { $0 >= 0xE4 }) else { return }
        for province in "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼" {
            for position in positions(of: Array(String(province).utf8)) {
                var start = position + 3
                guard byte(start).isLetter, capitals[start] else { continue }
                start += 1
                if starts("·", at: start) {
                    start += 2
                } else if byte(start) == 0x20 || byte(start) == UInt8(ascii: "-") {
                    start += 1
                }
                let end = skip(start, while: \.isAlphanumeric)
                if (5...6).contains(end - start), text[start..<end].count(where: \.isDigit) >= 3 {
                    claim(.vehicle, position..<end)
                }
            }
        }
    }

    /// Addresses of network cards: six pairs of hexadecimal figures.
    mutating func scanHardwareAddresses() {
        var position = 0
        while position + 17 <= text.count {
            let sign = text[position + 2]
            let range = position..<position + 17
            let isAddress =
                (sign == UInt8(ascii: ":") || sign == UInt8(ascii: "-")) && !continues(position - 1)
                && byte(position - 1) != sign
                && !continues(range.upperBound) && byte(range.upperBound) != sign
                && (0..<17).allSatisfy { $0 % 3 == 2 ? text[position + $0] == sign : text[position + $0].isHexadecimal }
            if isAddress { claim(.device, range) }
            position += isAddress ? 17 : 1
        }
    }
}
