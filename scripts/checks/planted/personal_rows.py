"""Texts around the values: with and without a word that names them, in sentences, tables, JSON, Chinese, several turns."""

import json

import health_law_values as law
import personal_values as v

# kind -> (maker, placeholder kind, needs a word before it)
VALID = {
    "email": [(v.email, False)],
    "phone": [(v.phone_us, False), (v.phone_us, False), (v.phone_us_plain, True), (v.phone_china, False), (v.phone_china_fixed, False), (v.phone_gb, False),
              (v.phone_europe, False), (v.phone_far, False)],
    "card": [(v.card, False)],
    "iban": [(v.iban, False)],
    "ssn": [(v.ssn, False), (v.ssn, False), (v.ssn_bare, True), (v.ssn_dotted, True)],
    "nhs": [(v.nhs, True), (v.nhs, True), (v.nhs_spaced, False)],
    "chinese_id": [(v.chinese_id, False)],
    "ip": [(v.ipv4, False), (v.ipv6, False)],
    "birth_date": [(v.birth, True), (v.birth, True), (v.birth_chinese, "zh")],
    "record_number": [(v.record, True)],
}
BROKEN = {"card": v.card_broken, "iban": v.iban_broken, "ssn": v.ssn_broken, "nhs": v.nhs_broken, "chinese_id": v.chinese_id_broken}

# Frames of a kind: {} is the value. A frame with an odd number is held back.
NAMED = {
    "email": ["Email: {}", "E-mail address {}.", "You can write to {} any time.", "my email is {}, thanks", "Contact <{}> for details.", "mailto:{}",
              "邮箱是{}，谢谢", "请发到邮箱：{}。", "Please reply to {}!", "Mail me at ({})."],
    "phone": ["Phone: {}", "Call me at {}.", "my number is {} ok?", "Tel. {}", "You can reach her on {} after six.", "Mobile: {}, home unknown",
              "我的电话是{}。", "手机号：{}，请尽快联系", "Fax {}", "Please ring {}; ask for Ann.", "contact number {}", "WhatsApp {}", "cell {}", "联系电话：{}",
              "Telephone number: {}", "text me on {}"],
    "card": ["Card number: {}", "I paid with {}.", "Visa {} exp 04/27", "please charge {} for it", "credit card {}, CVV withheld", "信用卡号：{}。",
             "my card {} was declined", "卡号{}，请查询", "cc: {}", "debit card no. {}"],
    "iban": ["IBAN: {}", "Please transfer to {}.", "IBAN {} (savings)", "refund it to {} please", "银行账号IBAN：{}。", "my account is {}, thanks", "Bank details: {}",
             "Konto {}."],
    "ssn": ["SSN: {}", "My social security number is {}.", "SSN {} on file", "social security no. {}", "soc sec # {}", "Patient SSN={}", "her SSN is {}, please check",
            "US SSN: {};"],
    "nhs": ["NHS number: {}", "NHS no. {}", "NHS No: {}.", "Her NHS number is {}, please update", "NHS: {}", "(NHS number {})", "nhs # {}", "NHS Number={}"],
    "chinese_id": ["身份证号：{}", "身份证号码{}。", "我的身份证是{}，请核对", "Chinese ID: {}", "ID card {}", "居民身份证：{}；", "证件号 {}", "Resident ID number {}."],
    "ip": ["IP: {}", "login from {} at noon", "The server {} did not answer.", "IP address {} was blocked", "ping {}", "来自{}的请求", "client={} status=200",
           "Host ({}) is down."],
    "birth_date": ["DOB: {}", "Date of birth: {}", "born on {}", "Patient was born {}.", "D.O.B. {}", "Birth date {}", "birthdate: {}, male", "Birthday: {}",
                   "DOB {} / F", "He was born on {} in Leeds.", "dob={}", "My date of birth is {}.", "born: {}", "Date of Birth ({})", "my birthday is {}", "(DOB {})"],
    "birth_date_zh": ["出生日期：{}", "生日：{}。", "出生于{}", "患者{}出生", "出生年月：{}，女", "{}生，男", "我的生日是{}", "出生日期为{}。"],
    "record_number": ["MRN: {}", "MRN {}", "Medical record number: {}", "Patient ID: {}", "record number {}", "Record no. {}", "MRN# {}", "medical record no. {}.",
                      "Chart number {}", "病历号：{}", "住院号：{}。", "Patient number: {}", "MRN={}", "(MRN {})", "Hospital number {}", "门诊号{}，"],
}
PLAIN = ["Noted: {}.", "It says {} there, I think.", "{}", "{} is what I have on file.", "Please check {} again", "We found \"{}\" in the old form.", "the one ({}) is right",
         "see {}, then answer", "Is it {}?", "value={}", "资料里写的是{}，请核对。", "系统显示：{}。", "- {}\n- done", "Here: {};", "I typed '{}' twice!", "That was {}: all good."]
# Frames around a whole text: {} is the text.
AROUND = ["{}"] * 6 + ["Hello, this is about my last visit. {} Thank you very much for the help.", "{}\nBest regards", "Hi!\n\n{}", "您好，{}谢谢。",
                      "Patient reports pain 3/10 since Monday. {} Follow-up in 2 weeks, 500 mg twice daily."]

DETAILS = ["The parcel of 12 May weighs 2.5 kg.", "He takes 20 mg of atorvastatin.", "Blood pressure 120/80.", "Room 204, second floor.", "Ticket opened at 10:45.",
           "Total $1,249.00 incl. VAT.", ""]

# Look-alikes: ({} maker) of texts in which nothing is personal.
def _date(r):
    return v.date_english(r, v.any_day(r, 2000, 2025))


LOOK_ALIKES = {
    "order": lambda r, f: r.choice(["Order #{8}", "order number {10}", "Invoice {7} is open", "订单号：{12}", "Order {3}-{7}-{7} was shipped", "Case {6} closed",
                                    "ticket no. {5}", "Purchase order PO-{6}", "SKU {8}", "item {9}", "booking ref {6}", "订单编号{9}已发货"]),
    "tracking": lambda r, f: r.choice(["Tracking number 1Z{3}AA10{8}", "tracking 94{9}{9}{2}", "FedEx {4} {4} {4}", "运单号：SF{9}{4}", "parcel RR{9}DE",
                                       "DHL {9}{1} left the depot"]),
    "price": lambda r, f: r.choice(["It costs ${3}.{2}.", "price {1},{3},{3} USD", "€{4},{2} paid", "¥{5}元", "total of {6} pieces", "budget 12,{3}.00", "a fee of {2}.{2} EUR"]),
    "version": lambda r, f: r.choice(["Upgrade to version 1.2.3.4 now", "v10.0.{5}.{4}", "firmware 4.{1}.{1}.{1} fixes it", "release 2.{2}.{1}", "Windows 10.0.19041.1",
                                      "driver version 31.0.15.{4}", "python 3.11.{1}", "see section 4.{1}.{1}.{1}", "build 1.{1}.{1}.{1}"]),
    "book": lambda r, f: r.choice([lambda: "ISBN " + f.isbn13(), lambda: "ISBN-10: " + f.isbn10(), lambda: "EAN " + f.ean13(), lambda: "ISSN {4}-{4}",
                                   lambda: "barcode " + f.ean13(), lambda: "UPC " + f.ean8(), lambda: "ISBN " + f.isbn13(separator="")])(),
    "date": lambda r, f: r.choice(["Updated {d}", "The meeting of {d} is off.", "Expires: {d}", "Published {d}", "会议在{z}召开",
                                   "deadline {d}", "Date: {d}"]).replace("{d}", _date(r)).replace("{z}", v.birth_chinese(r, f)),
    "dose": lambda r, f: r.choice(["Take 500 mg every 8 hours", "BP 120/80, HR 72, SpO2 98%", "HbA1c 7.{1}%", "{3} mg/dL", "creatinine 1.{2}", "5-10 ml twice", "WBC {1}.{1} x10^9/L",
                                   "每日3次，每次{1}片", "血压130/85", "glucose 5.{1}-7.{1} mmol/L", "1-2 tablets 3-4 times", "{3}-{4} IU"]),
    "place": lambda r, f: r.choice(["at 51.5{3}, -0.1{3}", "GPS 40.7{3} -74.0{3}", "48°51'{2}.{1}\"N 2°21'03\"E", "lat=39.9{3} lon=116.4{3}", "({2}.{5}, {2}.{5})"]),
    "time": lambda r, f: r.choice(["at 12:34:56", "from 09:00 to 17:30", "duration 01:02:03.456", "2024-05-06T07:08:09Z start", "1714{6} unix time",
                                   "营业时间9:00-18:00", "kick-off 20:45", "2023-11-05 14:22:10,123 INFO ok"]),
    "years": lambda r, f: r.choice(["from 1990-2005", "the 2019-2020 season", "1998/99", "in 1984, 1991 and 2003", "between 2015 and 2018", "1990-1995-2000"]),
    "part": lambda r, f: r.choice(["Part no. {3}-{4}", "model {2}-{4}-{2}", "part AB-{3}-{4}", "catalog {4}-{3}", "NDC {5}-{4}-{2}", "CAS {4}-{2}-{1}", "型号：X{3}-{4}", "ICD-10 E11.{2}",
                                       "section {3}.{3}", "bolt M8-{3}-{2}", "SNOMED {9}"]),
    "mention": lambda r, f: r.choice(["thanks @{u}!", "@app.route('/x')", "@Override public", "ask @{u} or @{u}", "see npm react@18.2.0", "icon@2x.png", "5 pieces @ $3.00 each",
                                      "user@localhost", "a@b", "foo@bar is no address", "@media (max-width: 600px)", "微博@{u}", "{u}@ at", "https://medium.com/@{u}/story-{6}"
                                      ]).replace("{u}", f.user_name()),
    "file": lambda r, f: r.choice(["IMG_{8}_{6}.jpg", "scan-{6}.pdf", "report_2024-05-06.docx", "backup-{8}.tar.gz", "data_{3}_{3}_{4}.csv", "/var/log/app.{3}.log", "photo {4}.png"]),
    "hash": lambda r, f: r.choice([f.md5, f.sha1, f.sha256, f.uuid4, lambda: "commit " + f.sha1()[:7], lambda: "doi:10.{4}/j.cell.20{2}.{2}.{3}", lambda: "PMID: {8}", lambda: "PMC{7}",
                                   lambda: "doi 10.{4}/s4{4}-0{2}-{5}-{1}", lambda: "NCT0{7}", lambda: "arXiv:2{3}.{5}", lambda: "0x{8}", lambda: "std::vector<int> a::b"])().__str__(),
    "company": lambda r, f: f.job() + " at the office",
    "law": lambda r, f: r.choice(law.LOOK_ALIKES),
    "octets": lambda r, f: r.choice(["{x}.1.1.1", "10.0.0.{x}", "1.2.3", "1.2.3.4.5.6", "192.168.{x}.1"]).replace("{x}", str(r.randint(256, 999))),
    "url": lambda r, f: r.choice([f.url(), f.uri(), "https://www.{d}/item/{8}".replace("{d}", f.domain_name()), "http://" + f.domain_name() + ":8080/a?b={9}",
                                  "https://" + f.domain_name() + "/@" + f.user_name(), "www." + f.domain_name(), "ftp://" + f.domain_name() + "/pub/",
                                  "https://" + f.domain_name() + "/x?t=12:30&at=@home"]),
    "number": lambda r, f: r.choice(["{9}{9}", "{9}{3}", "{5} people", "{3} {3} inhabitants", "π is 3.14159265358979", "{3} {3} {3} in all", "{2}%-{2}%", "1e-{1}", "score {1}-{1}",
                                     "1,{3},{3},{3}", "第{3}页", "population {3},{3}", "{4} x {4} pixels", "population of {1} {3} {3}"]),
    "claim": lambda r, f: r.choice(["The MRN is unknown.", "no SSN given", "Record high of {2} degrees", "record number of {4} visitors", "NHS trust of 19{2}", "born in Leeds", "He was born with it.",
                                    "IBAN missing", "card game, {2} cards", "IP rights of 2019", "patient, identified later", "the record of {4}", "phone model 1100", "born in a family of {1}",
                                    "Call {3} now", "dial 911", "call 999 or 112", "拨打120", "SSN and DOB are required", "身份证丢了怎么办", "生日快乐", "电话打不通", "MRN will follow",
                                    "my record is 4 wins", "patients {3} to {3}", "phone costs {3} dollars", "card expired 04/27", "NHS waiting list of {1}.{1} million"]),
}


def frames(kind, held_back):
    """The frames that a set may use: all others, or those that were held back."""
    return [frame for number, frame in enumerate(NAMED[kind]) if (number % 4 == 3) == held_back]


def plain_frames(held_back):
    return [frame for number, frame in enumerate(PLAIN) if (number % 4 == 3) == held_back]


def put(frame, value):
    return frame.replace("{}", value, 1)


def is_glued(frame):
    at = frame.find("{}")
    return at > 0 and ord(frame[at - 1]) > 0x2E80


class Builder:
    def __init__(self, rng, fakers, held_back):
        self.r, self.fakers, self.held_back = rng, fakers, held_back

    def valid(self, kind):
        """A text and what it must become."""
        r = self.r
        f = r.choice(self.fakers)
        if kind == "url_credentials":
            scheme, secret, rest = v.credentials(r, f)
            frame = r.choice(plain_frames(self.held_back) + ["connect with {} please", "DATABASE_URL={}", "git clone {}", "连接串：{}"])
            return put(frame, scheme + secret + rest), [secret] + (["10.0.0.5"] if "@10.0.0.5" in rest else [])
        if kind in law.KINDS and (kind not in VALID or r.random() < 0.25):
            return self.by_law(kind)
        maker, named = r.choice(VALID[kind])
        if kind == "phone" and r.random() < 0.25:
            value, named = f.phone_number(), True
        else:
            value = maker(r, f)
        if named == "zh":
            frame = r.choice(frames("birth_date_zh", self.held_back))
        elif named or r.random() < 0.6:
            frame = r.choice(frames(kind, self.held_back))
        else:
            frame = r.choice(plain_frames(self.held_back))
        return put(frame, value), [value]

    def by_law(self, kind):
        """A value of the kinds that health law lists, in a frame of its own."""
        r = self.r
        maker, name, speaks = r.choice(law.KINDS[kind])
        f = r.choice([f for f in self.fakers if speaks is None or speaks(f)])
        frames = [frame for number, frame in enumerate(law.FRAMES[name]) if (number % 4 == 3) == self.held_back]
        value = maker(r, f)
        return put(r.choice(frames), value), [value]

    def broken(self, kind):
        r = self.r
        value = BROKEN[kind](r, r.choice(self.fakers))
        choice = frames(kind, self.held_back) if kind in ("nhs", "ssn") or r.random() < 0.7 else plain_frames(self.held_back)
        return put(r.choice(choice), value), []

    def look_alike(self, name):
        r = self.r
        text = LOOK_ALIKES[name](r, r.choice(self.fakers))
        text = v.fill(r, text)
        if name in ("company", "law") or r.random() < 0.5:
            return text, []
        return put(r.choice(["Note: {}", "{}.", "See {} for it", "({})", "备注：{}", "we have {} here", "\"{}\""]), text), []

    def row(self, text, values):
        """The text in one of several layouts."""
        r = self.r
        how = r.random()
        if how < 0.55:
            return {"text": put(r.choice(AROUND), text)}
        if how < 0.7:
            return {"messages": [{"role": "user", "content": put(r.choice(AROUND), text)}, {"role": "assistant", "content": r.choice(DETAILS) + " Thank you."}]}
        if how < 0.78:
            return {"messages": [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "What is it?"}, {"role": "user", "content": text},
                                 {"role": "assistant", "content": "I have noted: " + text}]}
        if how < 0.84:
            return {"text": "item,detail,note\nnote," + text.replace(",", ";") + ",ok\n"} if "," not in text else {"text": text}
        if how < 0.9:
            return {"text": json.dumps({"id": 17, "note": text, "n": 3}, ensure_ascii=False)} if '"' not in text and "\n" not in text else {"text": text}
        if how < 0.95:
            return {"text": "| field | value |\n|---|---|\n| note | " + text + " |"} if "\n" not in text else {"text": text}
        return {"text": r.choice(DETAILS) + " " + text + " " + r.choice(DETAILS)}
