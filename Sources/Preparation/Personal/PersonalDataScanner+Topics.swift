// What a number is said to be: the nearest telling word before it.

/// What the words before a number announce.
enum NumberTopic {
    case phone, card, nhs, ssn, chineseID
    /// The number of a thing — an order, a parcel, a book — whose word stands right before it.
    case thing
    /// A word for a thing stands somewhere before it in the sentence.
    case thingNearby
    case version

    var isOfThings: Bool { self == .thing || self == .thingNearby }
}

extension PersonalDataScanner {
    /// Words by their last byte: they are looked for backwards.
    private static let topics: [[(word: [UInt8], topic: NumberTopic)]] = {
        let words: [(NumberTopic, [String])] = [
            (
                .phone,
                [
                    "phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "whatsapp", "call", "called",
                    "calling", "dial", "ring", "reach", "contact", "hotline", "sms", "text", "texted", "reached",
                    "phoned", "telephoned", "dialed", "mob", "ph", "voicemail",
                    "landline", "telefon", "téléphone", "teléfono", "phones", "handy", "my number", "your number",
                    "her number", "his number", "their number", "my no", "电话", "手机", "联系", "拨打", "致电", "传真", "热线",
                    "座机", "來電", "電話", "手機", "携帯", "전화", "휴대폰", "연락처",
                ]
            ),
            (.card, ["card", "visa", "mastercard", "amex", "credit", "debit", "银行卡", "信用卡", "卡号"]),
            (.nhs, ["nhs"]),
            (.ssn, ["ssn", "social security", "social-security", "soc sec", "soc. sec", "social sec", "ss#", "ss #"]),
            (
                .chineseID,
                [
                    "id card", "identity card", "resident id", "chinese id", "national id", "身份证", "身份證", "居民证", "证件号",
                    "身份号码",
                ]
            ),
            (
                .thing,
                [
                    "order", "orders", "invoice", "tracking", "parcel", "shipment", "transaction", "ticket",
                    "reference", "ref", "case", "booking", "confirmation", "sku", "item", "product", "isbn", "ean",
                    "upc", "gtin", "serial", "model", "part", "imei", "timestamp", "unix", "epoch", "asin", "barcode",
                    "batch", "lot", "purchase", "doi", "pmid", "issn", "isbn-10", "isbn-13", "po", "dhl", "ups",
                    "fedex", "usps", "hermes", "catalog", "catalogue", "snomed", "ndc", "cas", "bolt", "订单", "运单", "快递",
                    "单号", "编号", "型号", "货号", "发票", "流水号",
                ]
            ),
            (
                .version,
                [
                    "version", "versions", "ver", "release", "releases", "build", "firmware", "section", "sections",
                    "chapter", "clause", "paragraph", "v", "rev", "revision", "upgrade", "update", "upgraded",
                    "updated",
                    "driver", "版本", "固件", "§", "章节",
                ]
            ),
        ]
        var table: [[(word: [UInt8], topic: NumberTopic)]] = Array(repeating: [], count: 256)
        for (topic, words) in words {
            for word in words.map({ Array($0.utf8) }) { table[Int(word[word.count - 1])].append((word, topic)) }
        }
        return table.map { $0.sorted { $0.word.count > $1.word.count } }
    }()

    private static let windowByteCount = 44
    /// Words for telephones reach farther within their sentence: names and addresses stand between.
    private static let wideWindowByteCount = 76
    private static let closeWindowByteCount = 32

    /// Whether a word for telephones stands right before the number, so that a short one is believed.
    func isSaidClosely(_ position: Int) -> Bool { topic(before: position, reach: Self.closeWindowByteCount) == .phone }

    /// The topic of the last telling word in the stretch before `position`. Words for things count within their sentence, words for
    /// versions only next to the number or a list of such.
    func topic(before position: Int, reach: Int = wideWindowByteCount) -> NumberTopic? {
        let lowest = max(0, position - reach)
        let near = position - Self.windowByteCount
        var end = position
        var isSameSentence = true
        while end > lowest {
            if isSameSentence, endsSentence(end - 1) { isSameSentence = false }
            for (word, topic) in Self.topics[Int(text[end - 1])]
            where end - word.count >= lowest && starts(word, at: end - word.count) {
                let start = end - word.count
                guard word[0] >= 0x80 || (!byte(start - 1).isLetter && !byte(end).isLetter) else { continue }
                switch topic {
                case .thing:
                    if end > near, isSameSentence {
                        return isNext(end, position, in: Self.joiners) ? .thing : .thingNearby
                    }
                case .version:
                    if isSameSentence, isNext(end, position, in: Self.listJoiners) { return .version }
                default: if end > near || (isSameSentence && topic == .phone) { return topic }
                }
            }
            end -= 1
        }
        return nil
    }

    /// Whether a sentence ends at `position`: a stop that shortens no word, as in "no." and "tel.", or a line's end.
    private func endsSentence(_ position: Int) -> Bool {
        switch text[position] {
        case UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ";"), UInt8(ascii: "\n"): return true
        case UInt8(ascii: "."):
            guard byte(position + 1) <= 0x20 else { return false }
            var start = position
            while byte(start - 1).isLetter, position - start < 7 { start -= 1 }
            return position - start != 1
                && !Self.shortened.contains(String(decoding: text[start..<position], as: UTF8.self))
        case 0x82: return starts("。", at: position - 2)
        default: return false
        }
    }

    private static let shortened: Set<String> = [
        "no", "nos", "nr", "num", "tel", "ph", "mob", "ext", "fax", "st", "dr", "mr", "mrs", "ms", "approx", "ref",
        "acc", "acct",
        "dept", "soc", "sec", "id", "rec", "med", "pt", "eg", "ie", "ca", "cc", "inv", "ord", "tr",
    ]

    private static let joiners: Set<String> = [
        "no", "nos", "number", "num", "nr", "id", "code", "is", "was", "the", "of", "ref", "号", "码", "是", "为", "：",
    ]
    private static let listJoiners = joiners.union(["and", "or", "to", "through", "和", "至", "到", "、", "从"])

    /// Whether nothing but signs and joining words stands from `start` to `end`; in a list numbers may too.
    private func isNext(_ start: Int, _ end: Int, in joiners: Set<String>) -> Bool {
        var position = start
        while position < end {
            let byte = text[position]
            if byte.isLetter {
                let next = min(end, skip(position, while: \.isLetter))
                guard joiners.contains(String(decoding: text[position..<next], as: UTF8.self)) else { return false }
                position = next
            } else if byte >= 0x80 {
                let length = byte >= 0xE0 ? 3 : 2
                guard position + length <= end,
                    joiners.contains(String(decoding: text[position..<position + length], as: UTF8.self))
                else { return false }
                position += length
            } else if byte.isDigit {
                guard joiners.contains("and") else { return false }
                position += 1
            } else {
                guard byte == 0x20 || ":#.=(\"'[/-,".utf8.contains(byte) else { return false }
                position += 1
            }
        }
        return true
    }

    /// Whether the words right after say that the number is an NHS number, as in "943 476 5919 (NHS)".
    func isCalledNHS(behind position: Int) -> Bool {
        (position...position + 3).contains { starts("nhs", at: $0) && !byte($0 - 1).isLetter }
    }
}
