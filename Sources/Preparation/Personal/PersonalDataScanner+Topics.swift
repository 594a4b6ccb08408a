// What a number is said to be: the nearest telling word before it.

/// What the words before a number announce.
enum NumberTopic {
    case phone, card, nhs, ssn, chineseID
    /// Orders, parcels, versions, books: numbers of things.
    case thing
    case version
}

extension PersonalDataScanner {
    private static let topics: [(word: [UInt8], topic: NumberTopic)] = {
        let words: [(NumberTopic, [String])] = [
            (
                .phone,
                [
                    "phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "whatsapp", "call", "called",
                    "calling", "dial", "ring", "reach", "contact", "hotline", "sms", "text", "mob", "ph", "voicemail",
                    "landline", "telefon", "téléphone", "teléfono", "phones", "handy", "电话", "手机", "联系", "拨打",
                    "致电", "传真", "热线", "座机", "來電", "電話", "手機",
                ]
            ),
            (.card, ["card", "visa", "mastercard", "amex", "credit", "debit", "银行卡", "信用卡", "卡号"]),
            (.nhs, ["nhs"]),
            (.ssn, ["ssn", "social security", "social-security"]),
            (.chineseID, ["身份证", "身份證", "居民证", "证件号"]),
            (
                .thing,
                [
                    "order", "orders", "invoice", "tracking", "parcel", "shipment", "transaction", "ticket",
                    "reference",
                    "ref", "case", "booking", "confirmation", "sku", "item", "product", "isbn", "ean", "upc", "gtin",
                    "serial", "model", "part", "imei", "timestamp", "unix", "epoch", "asin", "barcode", "batch", "lot",
                    "purchase", "doi", "pmid", "issn", "订单", "运单", "快递", "单号", "编号", "型号", "货号", "发票",
                ]
            ),
            (
                .version,
                [
                    "version", "versions", "ver", "release", "build", "firmware", "section", "chapter", "v", "rev",
                    "revision", "upgrade", "update", "版本", "§",
                ]
            ),
        ]
        return words.flatMap { topic, words in words.map { (Array($0.utf8), topic) } }
    }()

    private static let windowByteCount = 44

    /// The topic of the last telling word in the stretch before `position`; a number of other things in between ends it.
    func topic(before position: Int) -> NumberTopic? {
        let lowest = max(0, position - Self.windowByteCount)
        var end = position
        while end > lowest {
            // Words end here.
            for (word, topic) in Self.topics where end - word.count >= lowest && starts(word, at: end - word.count) {
                let start = end - word.count
                let isForeign = word[0] >= 0x80
                if isForeign || (!byte(start - 1).isLetter && !byte(end).isLetter) { return topic }
            }
            end -= 1
        }
        return nil
    }

    /// Whether the words right behind say that the number is an NHS number, as in "943 476 5919 (NHS)".
    func isCalledNHS(behind position: Int) -> Bool {
        (position...position + 3).contains { starts("nhs", at: $0) && !byte($0 - 1).isLetter }
    }
}
