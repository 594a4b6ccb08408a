"""Values of the kinds that US health law adds: names, places, days, ages and numbers that words announce. Made without a look at the scanner's rules."""

import datetime

import personal_values as v

SURNAMES_ZH = "王李张刘陈杨赵黄周吴徐孙胡朱郭何罗高林郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余叶程苏魏吕丁沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付邹熊白孟秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN_ZH = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志红梅春燕雪婷宇浩然子轩欣怡佳琪思远文博晓东海波俊杰嘉诚雨晨美玲淑珍"
ENGLISH = ("en_US", "en_GB", "en_CA", "en_AU", "en_NZ", "en_IE")


def english(f):
    return f.locales[0] in ENGLISH


def name_english(r, f):
    first, last = f.first_name(), f.last_name()
    return r.choice(["{f} {l}"] * 6 + ["{f} {i}. {l}", "{f} {l}-{m}", "{l}, {f}"]).format(f=first, l=last, i=f.first_name()[0], m=f.last_name())


def surname_english(r, f):
    return f.last_name()


def name_chinese(r, f):
    return r.choice(SURNAMES_ZH) + "".join(r.choice(GIVEN_ZH) for _ in range(r.choice([1, 2, 2, 2])))


def address_us(r, f):
    street = "%d %s %s" % (r.randint(1, 9999), f.last_name(), r.choice(["Street", "St", "St.", "Avenue", "Ave", "Road", "Rd", "Drive", "Dr", "Lane", "Ln",
                                                                      "Court", "Ct", "Boulevard", "Blvd", "Way", "Place", "Circle", "Terrace"]))
    return street + r.choice(["", "", ", Apt %d" % r.randint(1, 40), ", %s" % f.city().split()[0]])


def address_gb(r, f):
    return r.choice(["", "Flat %d, " % r.randint(1, 30)]) + "%d%s %s %s" % (
        r.randint(1, 250), r.choice(["", "", "", "A", "b"]), r.choice(["Church", "Victoria", "Mill", "Station", "Queen's", "Albert", "North", "Elm", "St John's"]),
        r.choice(["Road", "Street", "Lane", "Close", "Crescent", "Gardens", "Avenue", "Terrace", "Way", "Mews"]))


def address_chinese(r, f):
    place = r.choice(["北京市海淀区", "上海市浦东新区", "广东省深圳市南山区", "杭州市西湖区", "成都市武侯区", "江苏省南京市鼓楼区", "武汉市洪山区"])
    road = r.choice(["中山", "人民", "建设", "解放", "和平", "长江", "文化", "学院"]) + r.choice(["路", "街", "大道", "东路", "北街"])
    return place + road + "%d号" % r.randint(1, 999) + r.choice(["", "%d栋" % r.randint(1, 30), "%d号楼%d单元" % (r.randint(1, 20), r.randint(1, 6))]) + r.choice(
        ["", "%d室" % r.randint(101, 2604)])


def postcode_gb(r, f):
    return r.choice(["SW1A 1AA", "M{d} {d}{l}{l}", "EC{d}A {d}{l}{l}", "LS{d} {d}{l}{l}", "G{d}{d} {d}{l}{l}", "BS{d} {d}{l}{l}", "CB{d} {d}{l}{l}"]).replace(
        "{d}", str(r.randint(1, 9))).replace("{l}", r.choice("ABDEFGHJLNPQRSTUWXYZ"))


def postcode_us(r, f):
    return v.nonzero(r, 5) + r.choice(["", "", "-" + v.digits(r, 4)])


def postcode_chinese(r, f):
    return r.choice("123456") + v.digits(r, 5)


def postcode_canada(r, f):
    return "%s%d%s %d%s%d" % (r.choice("ABCEGHJKLMNPRSTVXY"), r.randint(0, 9), r.choice("ABCEGHJKLMNPRSTVWXYZ"), r.randint(0, 9), r.choice("ABCEGHJKLMNPRSTVWXYZ"),
                            r.randint(0, 9))


ORDINALS = ("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth "
            "nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth "
            "thirtieth thirty-first").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
UNITS = "one two three four five six seven eight nine".split()


def year_words(year):
    rest = year % 100
    tail = (TENS[rest // 10 - 2] + ("-" + UNITS[rest % 10 - 1] if rest % 10 else "")) if rest >= 20 else None
    if 1900 < year < 2000 and tail:
        return "nineteen " + tail
    if 2001 <= year <= 2009:
        return "two thousand and " + UNITS[year - 2001]
    return "twenty " + tail if tail and year > 2019 else str(year)


def day_words(r, d):
    month, day = v.MONTHS[d.month - 1], ORDINALS[d.day - 1]
    year = r.choice([year_words(d.year), str(d.year)])
    return r.choice(["the %s of %s, %s" % (day, month, year), "%s the %s, %s" % (month, day, year), "the %s of %s %s" % (day, month, year), "%s %s, %s" % (month, day, year)])


def day(r, f):
    d = v.any_day(r, 2000, 2025)
    if r.random() < 0.25:
        return day_words(r, d)
    if r.random() < 0.25:
        return r.choice(["%d %s" % (d.day, v.MONTHS[d.month - 1]), "%s %d" % (v.MONTHS[d.month - 1], d.day)])
    return v.date_english(r, d)


def day_chinese(r, f):
    d = v.any_day(r, 2000, 2025)
    return r.choice(["{0.year}年{0.month}月{0.day}日", "{0.month}月{0.day}日", "{0:%Y-%m-%d}", "{0:%Y.%m.%d}"]).format(d)


def birth_words(r, f):
    return day_words(r, v.any_day(r, 1925, 1999))


def age_figures(r, f):
    return str(r.randint(90, 108))


def age_words(r, f):
    return r.choice(["ninety", "ninety-%s" % r.choice(UNITS), "one hundred", "one hundred and %s" % r.choice(UNITS)])


def passport(r, f):
    return r.choice(["{9}", "E{8}", "G{8}", "EA{7}", "A{8}", "X{7}", "C0{7}"]).replace("{9}", v.nonzero(r, 9)).replace("{8}", v.nonzero(r, 8)).replace("{7}", v.nonzero(r, 7))


def health_plan(r, f):
    return v.fill(r, r.choice(["1EG4-TE5-MK{2}", "XYZ{9}", "{9}A", "H{4}-{3}", "{8}01", "W{9}", "{3}-{4}-{4}"]))


def account(r, f):
    return v.fill(r, r.choice(["{8}", "{9}{1}", "{4} {4}", "{6}-{3}", "00{8}", "{2}-{2}-{2}"]))


def licence(r, f):
    return v.fill(r, r.choice(["D{7}", "{8}", "S{3}-{4}-{4}", "A{9}", "MORGA{6}SM9IJ", "{7}", "RN{6}", "G{7}"]))


def vehicle(r, f):
    return v.fill(r, r.choice(["1HGCM826{2}A{6}", "WVWZZZ1JZ{1}W{6}", "AB{2} CDE", "7ABC{3}", "ABC-{4}", "JTDKB20U{1}{7}"]))


def vehicle_chinese(r, f):
    return r.choice("京沪粤苏浙川鄂鲁") + r.choice("ABCDE") + r.choice(["", "·"]) + v.digits(r, 4) + r.choice("0123456789KLMP")


def device(r, f):
    return v.fill(r, r.choice(["SN{8}", "{9}{6}", "PM-{4}-{5}", "{3}AX{6}", "LOT{7}X"]))


def hardware(r, f):
    return ":".join("%02X" % r.randrange(256) for _ in range(6))


def url(r, f):
    return r.choice(["https://www." + f.domain_name() + "/people/" + f.user_name(), f.url().rstrip("/") + "/u/" + f.user_name(), "http://" + f.domain_name()])


# kind -> (maker, frames or None for frames of the kind); every fourth frame is held back.
KINDS = {
    "name": [(name_english, "name", english), (surname_english, "surname", english), (name_chinese, "name_zh", None)],
    "address": [(address_us, "address", english), (address_gb, "address", english), (address_chinese, "address_zh", None)],
    "postcode": [(postcode_gb, "postcode_free", None), (postcode_canada, "postcode_free", None), (postcode_us, "postcode", None), (postcode_chinese, "postcode_zh", None)],
    "date": [(day, "date", None), (day_chinese, "date_zh", None)],
    "birth_date": [(birth_words, "birth_date", None)],
    "age": [(age_figures, "age", None), (age_words, "age", None), (age_figures, "age_zh", None)],
    "passport": [(passport, "passport", None)],
    "health_plan": [(health_plan, "health_plan", None)],
    "account": [(account, "account", None)],
    "licence": [(licence, "licence", None)],
    "vehicle": [(vehicle, "vehicle", None), (vehicle_chinese, "vehicle_free", None)],
    "device": [(device, "device", None), (hardware, "hardware", None)],
    "url": [(url, "url", None)],
}

FRAMES = {
    "name": ["Patient name: {}", "My name is {}.", "Seen by Dr {} today.", "Please ask Mrs. {} about it.", "Name: {}", "I am {} and I need help", "Mr {} called again.",
             "The patient {} was well.", "Next of kin: {}", "Best regards,\n{}", "Dear {},", "Referred by {}.", "My husband {} is ill.", "Attending physician: {}",
             "We met {} at the desk.", "Nurse {} gave the injection", "Emergency contact: {}", "{} came back for a second visit.", "Signed by {}", "I spoke to {} this morning."],
    "surname": ["Doctor {} said so.", "Mrs {} is waiting.", "Prof. {} operated.", "Mr. {} is 50.", "Ms {} paid already.", "as Dr. {} wrote", "Miss {} phoned", "Nurse {} knows"],
    "name_zh": ["姓名：{}", "患者{}，男，45岁。", "{}医生建议住院。", "我叫{}，想咨询一下", "联系人：{}", "请联系{}女士。", "病人{}因头痛就诊", "{}主任查房", "患者姓名：{}", "收件人：{}。", "我是{}，您好",
                "主治医师：{}", "{}先生您好", "签名：{}", "家属{}已签字", "{}教授会诊"],
    "address": ["I live at {}.", "Address: {}", "Please deliver to {}.", "Home address is {}", "He moved to {} last year", "Ship to: {}", "Patient lives at {} with his wife", "{} is where I stay.",
                "Residence: {}", "The nurse visited {} yesterday", "pick it up at {}", "my address: {}"],
    "address_zh": ["家住{}。", "地址：{}", "收货地址：{}", "请寄到{}", "现住址：{}", "我在{}，请上门", "住在{}，独居", "户籍地：{}"],
    "postcode_free": ["Postcode {}", "London {} please", "My postcode is {}.", "sent to {} yesterday", "postal code: {}", "{} is my code", "deliver to {}", "area {}"],
    "postcode": ["ZIP code: {}", "zip {}", "Springfield, IL {}", "Postal code {}", "Austin TX {}", "ZIP: {}", "Portland, OR {}", "my zip code is {}"],
    "postcode_zh": ["邮编：{}", "邮政编码{}", "邮编{}。", "邮政编码：{}"],
    "date": ["She was admitted on {}.", "Appointment on {}", "Discharged {}.", "Surgery date: {}", "Seen in clinic on {} for cough", "He died on {}", "last visit: {}", "The operation was on {}.",
             "follow-up {}", "On {} she was transferred to the ward.", "Date of admission: {}", "vaccinated {}", "was diagnosed on {}", "symptoms began, seen {}", "consultation of {}",
             "scheduled for an MRI on {}"],
    "date_zh": ["{}入院", "就诊日期：{}", "预约{}复诊", "于{}手术", "{}出院", "患者{}来院就诊", "住院日期：{}", "{}确诊"],
    "birth_date": ["born on {}", "Date of birth: {}", "He was born {} in Leeds.", "DOB: {}"],
    "age": ["a {}-year-old woman", "aged {}", "She is {} years old.", "age: {}", "He is {} years of age", "turned {} last week", "{} year old male", "patient, {} yo, fell"],
    "age_zh": ["{}岁", "患者，女，{}岁", "年龄：{}岁", "今年{}岁了"],
    "passport": ["Passport number: {}", "passport no. {}", "护照号：{}", "my passport is number {}", "Passport: {}", "护照号码{}", "passport # {}", "US passport no {}"],
    "health_plan": ["Medicare number: {}", "Insurance ID {}", "Member ID: {}", "policy number {}", "health plan no. {}", "Subscriber ID: {}", "医保卡号：{}", "Medicaid ID {}", "beneficiary number {}",
                    "group number: {}", "Insurance policy no. {}", "社保号：{}"],
    "account": ["Account number: {}", "my account no. is {}", "acct # {}", "bank account number {}", "账号：{}", "Account: {}", "account number is {}", "银行账号{}"],
    "licence": ["Driver's license: {}", "driving licence number {}", "License no. {}", "DEA number {}", "NPI: {}", "驾驶证号：{}", "medical license # {}", "GMC number {}"],
    "vehicle": ["VIN: {}", "license plate {}", "number plate: {}", "Vehicle registration number {}", "VIN {}", "plate number {}", "vehicle identification number: {}", "plate: {}"],
    "vehicle_free": ["车牌号{}", "车牌：{}", "我的车是{}", "{}的车停在门口"],
    "device": ["Serial number: {}", "device ID {}", "pacemaker serial no. {}", "S/N {}", "IMEI: {}", "implant serial number {}", "序列号：{}", "device serial number: {}"],
    "hardware": ["MAC {}", "the adapter {} is unknown", "MAC address: {}", "from {}"],
    "url": ["see {}", "profile: {}", "at {} you find me", "my page {} has it"],
}

# Texts of this field in which nothing is personal.
LOOK_ALIKES = [
    "Parkinson disease and Crohn's disease differ.", "She has Down Syndrome.", "Johns Hopkins University studied it.", "The Mayo Clinic says so.", "Drug name: Aspirin", "File name: report.txt",
    "Customer Service is closed.", "Patient Safety first.", "The 90 patients were seen in May.", "page 92 of 120", "He scored 95 points.", "pulse 92, BP 120/80", "Room 12, North Wing",
    "The meeting of 12 May is off.", "Published on 3 March 2021.", "Findings: 1. cyst 2. stone 3. none", "see points 2.3.4.5.", "Chapter 4 Street Photography", "5 Star Service", "3 Way Call",
    "主治医生今天不在。", "请问医生，这个药怎么吃？", "女医生和男医生", "地址不详", "姓名不详", "患者安静，无发热。", "病人可以出院。", "这周医生休息", "护照丢了怎么办", "全科医生", "90分钟后复查", "体重95公斤",
    "passport photos cost 10 dollars", "my account is locked", "insurance does not cover it", "a licence is needed since 2019", "the device has 4 buttons", "Dear Customer,", "Hi there, I need help",
    "Doctor Who is a series.", "Nurse Practitioner on duty", "Mr President spoke.", "The policy of 2019 applies", "group of 12345 people", "Will May be better?", "Grace period of 30 days",
    "Hodgkin lymphoma, stage 2", "Lyme disease since Monday", "Apgar score 9", "New York, NY", "St. Mary Hospital", "Charlotte is a city.", "Washington State law", "100 percent", "99 bottles",
]
