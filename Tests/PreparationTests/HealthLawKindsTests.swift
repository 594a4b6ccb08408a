// The kinds of personal data that US health law adds, in English and Chinese; and what looks like them and must stay.

import JSON
import Recipes
import Testing

private func masked(_ text: String) throws -> String { try through("mask", text) }

@Suite struct HealthLawKindsTests {
    @Test(arguments: [
        ("Doctor Frankland saw her.", "Doctor [NAME] saw her."), ("Mrs. O'Brien-Smith called", "Mrs. [NAME] called"),
        ("Prof. Maria de la Cruz operated", "Prof. [NAME] operated"), ("Dr. Müller is away", "Dr. [NAME] is away"),
        ("as mr smith said", "as mr [NAME] said"), ("Dr May was there", "Dr [NAME] was there"),
        ("Patient name: Anna Q. Wolf", "Patient name: [NAME]"), ("name: john smith", "name: [NAME]"),
        ("My name is Wolf, Anna.", "My name is [NAME]."), ("my wife Karen is ill", "my wife [NAME] is ill"),
        ("a friend called Zorblat came", "a friend called [NAME] came"), ("Signed by Tom Baker", "Signed by [NAME]"),
        ("Kind regards,\nAnna", "Kind regards,\n[NAME]"), ("Dear Karen,", "Dear [NAME],"),
        ("We met Karen Whitfield. Whitfield left.", "We met [NAME]. [NAME] left."), ("by J. R. Whitfield", "by [NAME]"),
        ("姓名：欧阳娜娜", "姓名：[NAME]"), ("患者张伟，男", "患者[NAME]，男"), ("李晓明医生", "[NAME]医生"), ("王医生来了", "[NAME]医生来了"),
        ("请联系陈静女士。", "请联系[NAME]女士。"), ("我叫赵志强，想问", "我叫[NAME]，想问"),
    ])
    func namesAreMasked(_ text: String, _ expected: String) throws { #expect(try masked(text) == expected) }

    @Test(arguments: [
        ("lives at 221B Baker Street", "lives at [ADDRESS]"), ("to Flat 3, 12 High St, Leeds LS1 4AP", "to [ADDRESS]"),
        ("1600 Pennsylvania Ave NW, Washington, DC 20500", "[ADDRESS]"), ("P.O. Box 1234", "[ADDRESS]"),
        ("Address: 4 rue Verte, Lyon", "Address: [ADDRESS]"), ("家住北京市海淀区中关村大街27号3单元501室。", "家住[ADDRESS]。"),
        ("地址：广东省深圳市南山区科技路8号", "地址：[ADDRESS]"), ("Postcode SW1A 1AA", "Postcode [POSTCODE]"),
        ("Springfield, IL 62704-1234", "Springfield, IL [POSTCODE]"), ("zip code is 90210", "zip code is [POSTCODE]"),
        ("K1A 0B1", "[POSTCODE]"), ("邮编：100080", "邮编：[POSTCODE]"),
    ])
    func placesAreMasked(_ text: String, _ expected: String) throws { #expect(try masked(text) == expected) }

    @Test(arguments: [
        ("admitted on 12 March 2024", "admitted on [DATE]"), ("Appointment: May 3rd", "Appointment: [DATE]"),
        ("On 2024-03-12 she was discharged.", "On [DATE] she was discharged."), ("就诊日期：2021年3月5日", "就诊日期：[DATE]"),
        ("he died on the third of May, nineteen eighty-seven", "he died on [DATE]"), ("3月5日入院", "[DATE]入院"),
        ("born on the third of May, nineteen eighty-seven", "born on [BIRTH_DATE]"),
        ("born July twenty-first, 1950 in Leeds", "born [BIRTH_DATE] in Leeds"),
        ("出生日期：一九五〇年五月三日", "出生日期：[BIRTH_DATE]"),
        ("a 92-year-old woman", "a [AGE]-year-old woman"), ("aged ninety-three", "aged [AGE]"), ("今年93岁", "今年[AGE]岁"),
        ("九十三岁", "[AGE]岁"), ("age: 101", "age: [AGE]"),
    ])
    func daysAndAgesAreMasked(_ text: String, _ expected: String) throws { #expect(try masked(text) == expected) }

    @Test(arguments: [
        ("Passport number: E12345678", "Passport number: [PASSPORT]"), ("护照号：G87654321", "护照号：[PASSPORT]"),
        ("Medicare number 1EG4-TE5-MK73", "Medicare number [HEALTH_PLAN]"), ("医保卡号：12345678", "医保卡号：[HEALTH_PLAN]"),
        ("account no. is 4424 5904", "account no. is [ACCOUNT]"), ("sort code 20-00-00", "sort code [ACCOUNT]"),
        ("driver's license: D1234567", "driver's license: [LICENCE]"), ("VIN: 1HGCM82633A004352", "VIN: [VEHICLE]"),
        ("number plate AB12 CDE", "number plate [VEHICLE]"), ("车牌京A12345", "车牌[VEHICLE]"),
        ("serial number SN-8812-77", "serial number [DEVICE]"), ("00:1A:2B:3C:4D:5E", "[DEVICE]"),
    ])
    func announcedNumbersAreMasked(_ text: String, _ expected: String) throws { #expect(try masked(text) == expected) }

    @Test(arguments: [
        "Findings 2.3.4.5. all fine", "Crohn's disease and Parkinson disease", "Johns Hopkins University",
        "Down Syndrome",
        "Drug name: Aspirin", "Customer Service is closed", "主治医生今天不在", "请问医生", "这周医生休息", "患者安静，无发热", "地址不详",
        "The meeting of 12 May 2021 is off", "Published on 3 March 2021", "aged 45", "92 patients", "BP 92/60",
        "pulse 92",
        "Mr President spoke", "Nurse Practitioner on duty", "Dear Customer,", "passport photos cost 10 dollars",
        "Chapter 4 Street Photography", "Room 12, North Wing", "New York, NY", "Hodgkin lymphoma", "St. Mary Hospital",
    ])
    func otherTextsStay(_ text: String) throws { #expect(try masked(text) == text) }

    /// Fields that hold people's names say so by their own name.
    @Test func fieldsOfNames() throws {
        let row = try JSONValue(parsing: #"{"patient_name":"john smith","product_name":"Rose Young","note":"x"}"#)
        let result = try prepare("steps: [mask]", train: [row.object ?? JSONObject()])
        #expect(result.texts("patient_name") == ["[NAME]"])
        #expect(result.texts("product_name") == ["Rose Young"])
    }

    @Test func eachKindCanBeSwitchedOff() throws {
        let text = "Dr Frankland, 92 years old, at https://a.example/b"
        #expect(
            try through("{ mask: { kinds: [age] } }", text) == "Dr Frankland, [AGE] years old, at https://a.example/b")
        #expect(try through("{ mask: { kinds: [url] } }", text) == "Dr Frankland, 92 years old, at [URL]")
        #expect(try through("{ mask: { kinds: [name] } }", text) == "Dr [NAME], 92 years old, at https://a.example/b")
        #expect(!PersonalDataKind.usual.contains(.url))
    }
}
