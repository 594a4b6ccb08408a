// Personal data of each kind as people write it, and what looks like it and must stay.

import JSON
import Preparation
import Recipes
import Testing

private func masked(_ text: String) throws -> String { try through("mask", text) }

@Suite struct PersonalDataTests {
    @Test(arguments: [
        ("write to jane.doe+x@mail.example.co.uk today", "write to [EMAIL] today"),
        ("请联系zhang.wei@example.cn，谢谢", "请联系[EMAIL]，谢谢"), ("邮箱：ｌｉ＠example.com", "邮箱：[EMAIL]"),
        ("<müller@münchen.de>", "<[EMAIL]>"), ("JANE@EXAMPLE.ORG.", "[EMAIL]."),

        ("call +1 (415) 555-2671 now", "call [PHONE] now"), ("on 020 7946 0958.", "on [PHONE]."),
        ("手机138-0013-8000。", "手机[PHONE]。"), ("(415) 555-2671", "[PHONE]"), ("415.555.2671", "[PHONE]"),
        ("415-555-2671", "[PHONE]"), ("+44 20 7946 0958", "[PHONE]"), ("+44 (0)20 7946 0958", "[PHONE]"),
        ("tel 07700 900123", "tel [PHONE]"), ("13800138000", "[PHONE]"), ("010-12345678", "[PHONE]"),
        ("06 12 34 56 78", "[PHONE]"), ("+86 138 0013 8000", "[PHONE]"), ("phone: 4155552671", "phone: [PHONE]"),
        ("reach me at 415 555 2671", "reach me at [PHONE]"), ("1-800-555-0199", "[PHONE]"),
        ("电话是０２０７９４６０９５８", "电话是[PHONE]"), ("+49 30 901820", "[PHONE]"),
        ("415-555-2671 ext. 12", "[PHONE]"), ("(020) 7946 0958", "[PHONE]"), ("+14155552671", "[PHONE]"),

        ("card 4111 1111 1111 1111 exp", "card [CARD] exp"), ("4111-1111-1111-1111", "[CARD]"),
        ("5555555555554444", "[CARD]"), ("3782 822463 10005", "[CARD]"), ("378282246310005", "[CARD]"),
        ("4222222222222", "[CARD]"), ("6011 1111 1111 1117", "[CARD]"), ("2223003122003222", "[CARD]"),
        ("30569309025904", "[CARD]"),

        ("IBAN GB82 WEST 1234 5698 7654 32 please", "IBAN [IBAN] please"), ("de89370400440532013000", "[IBAN]"),
        ("FR14 2004 1010 0505 0001 3M02 606", "[IBAN]"), ("NL91-ABNA-0417-1643-00", "[IBAN]"),

        ("SSN 536-22-1234", "SSN [SSN]"), ("536 22 1234", "[SSN]"), ("ssn: 536221234", "ssn: [SSN]"),

        ("NHS 943 476 5919", "NHS [NHS]"), ("943 476 5919", "[NHS]"), ("NHS number: 9434765919", "NHS number: [NHS]"),
        ("NHS no 943-476-5919", "NHS no [NHS]"),

        ("身份证11010519491231002X", "身份证[CHINESE_ID]"), ("11010519491231002x。", "[CHINESE_ID]。"),
        ("440524188001010014", "[CHINESE_ID]"),

        ("from 203.0.113.77:8080", "from [IP]:8080"), ("host 2001:db8::ff00:42:8329 up", "host [IP] up"),
        ("fe80::1ff:fe23:4567:890a", "[IP]"), ("::ffff:192.0.2.128", "[IP]"),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334", "[IP]"), ("1.2.3.4", "[IP]"),

        ("https://user:pass@host/x", "https://[URL_CREDENTIALS]@host/x"),
        ("postgres://app:s3cr3t@db.example.com:5432/a", "postgres://[URL_CREDENTIALS]@db.example.com:5432/a"),
        ("https://h.io/?token=abc123&x=1", "https://h.io/?token=[URL_CREDENTIALS]&x=1"),

        ("DOB: 04/12/1987", "DOB: [BIRTH_DATE]"), ("born on 3 March 1975 in Leeds", "born on [BIRTH_DATE] in Leeds"),
        ("出生日期:1990年1月2日", "出生日期:[BIRTH_DATE]"), ("Date of birth 1987-04-12", "Date of birth [BIRTH_DATE]"),
        ("D.O.B. 4.12.87", "D.O.B. [BIRTH_DATE]"), ("born March 3rd, 1975", "born [BIRTH_DATE]"),
        ("生于1990-01-02", "生于[BIRTH_DATE]"), ("1990年1月2日出生", "[BIRTH_DATE]出生"), ("DOB 03-Mar-1975", "DOB [BIRTH_DATE]"),
        ("date of birth is the 3rd of March, 1975", "date of birth is the [BIRTH_DATE]"),
        ("dob 19870412", "dob [BIRTH_DATE]"),

        ("MRN-0012345", "MRN-[RECORD_NUMBER]"), ("record no. 12345678", "record no. [RECORD_NUMBER]"),
        ("MRN: 00-12-34-56 seen", "MRN: [RECORD_NUMBER] seen"), ("病历号：A1234567", "病历号：[RECORD_NUMBER]"),
        ("medical record number is 778812", "medical record number is [RECORD_NUMBER]"),
        ("MRN0012345", "MRN[RECORD_NUMBER]"),
        ("Patient ID: P-448812", "Patient ID: [RECORD_NUMBER]"),
    ])
    func isMasked(_ text: String, _ expected: String) throws {
        #expect(try masked(text) == expected)
    }

    @Test(arguments: [
        "order 4111 1111 1111 1112", "4111111111111112", "GB82 WEST 1234 5698 7654 33", "DE89370400440532013001",
        "000-12-3456", "666-12-3456", "912-34-5678", "536-00-1234", "536-22-0000", "NHS 943 476 5918",
        "NHS number 9434765918", "110105194912310021", "11010519491331002X", "256.1.1.1", "version 1.2.3.4",
        "v1.2.3.4", "firmware 10.2.0.1", "ISBN 978-0-306-40615-7", "ISBN 0-306-40615-2", "take 5 mg twice",
        "2024-03-05T12:34:56Z", "timestamp 1700000000123", "12:34:56", "order no. 415-555-2671",
        "tracking 123456789012", "appointment on 04/12/2023", "DOB: 45/13/1987", "Room 1234, floor 12",
        "3.14159 and 1,000,000", "http://example.com/a?b=c", "ssh://git@github.com/x", "@handle and a@b",
        "chapter 1.2.3.4", "std::abc::def", "call 911", "pages 123-456", "icon@2x.png", "10-20-30", "ISO 9001:2015",
        "1990年1月2日", "world record number 12", "INV-2023-000123", "5.6.7", "between 1990 and 2005",
        "订单号13812345678", "NHS waiting list 2023", "BP 120/80, HR 72", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
        "ICD-10 E11.9", "100000000000000", "lot 4539 1488 0343 6467",
    ])
    func stays(_ text: String) throws {
        #expect(try masked(text) == text)
    }

    @Test func fieldNamesSayWhatValuesAre() throws {
        let row = try JSONValue(
            parsing:
                #"{"patient":{"date_of_birth":"1987-04-12","phone":"4155552671"},"visit":"1987-04-12","messages":[{"role":"user","content":"a@b.org"}]}"#
        )
        let result = try prepare("steps: [mask]", train: [row.object ?? JSONObject()])
        #expect(
            JSONValue.object(result.rows[0].fields).text()
                == #"{"patient":{"date_of_birth":"[BIRTH_DATE]","phone":"[PHONE]"},"visit":"1987-04-12","messages":[{"role":"user","content":"[EMAIL]"}]}"#
        )
        #expect(result.report.steps[0].masked.map(\.kind) == ["email", "phone", "birth_date"])
    }

    @Test func pseudonymsAreConsistentAndNeedTheirKey() throws {
        let step = "steps: [{ mask: { replace_with: pseudonym, key_from: SECRET } }]"
        let texts = rows(["415-555-2671", "(415) 555-2671", "415-555-2672"])
        let first = try prepare(step, train: texts, environment: ["SECRET": "k"]).texts()
        #expect(first[0] == first[1])
        #expect(first[0] != first[2])
        #expect(first[0].hasPrefix("[PHONE_"))
        #expect(try prepare(step, train: texts, environment: ["SECRET": "k"]).texts() == first)
        #expect(try prepare(step, train: texts, environment: ["SECRET": "other"]).texts() != first)
        #expect(throws: StepError.self) { try prepare(step, train: texts) }
        // Masking what is masked changes nothing.
        let again = try prepare(step, train: rows(first), environment: ["SECRET": "k"])
        #expect(again.texts() == first)
    }

    @Test func onlyTheKindsAskedFor() throws {
        #expect(try through("{ mask: { kinds: [email] } }", "a@b.org 415-555-2671") == "[EMAIL] 415-555-2671")
    }

    @Test func noReportShowsAValue() throws {
        let texts = ["mail a@b.org now", "mail a@b.org now", "mail a@b.org"]
        let result = try prepare(
            "steps: [deduplicate, { filter: { min_words: 5 } }, { mask: {} }]", train: rows(texts))
        #expect(!result.report.json.text().contains("a@b.org"))
        #expect(result.report.json.text().contains("[EMAIL]"))
    }
}
