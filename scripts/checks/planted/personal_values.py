"""Values of personal data as people write them, and look-alikes that are none. Made without a look at the scanner's rules."""

import datetime

DASHES = ["-"] * 12 + ["\u2010", "\u2011", "\u2013"]
SPACES = [" "] * 12 + ["\u00a0", "\u202f", "\u2009"]


def digits(r, count):
    return "".join(r.choice("0123456789") for _ in range(count))


def luhn(body):
    total = 0
    for i, d in enumerate(reversed(body)):
        d = int(d)
        if i % 2 == 0:
            d = d * 2 - 9 if d > 4 else d * 2
        total += d
    return str(-total % 10)


def groups(text, sizes, sep):
    out, at = [], 0
    for size in sizes:
        out.append(text[at : at + size])
        at += size
    return sep.join(part for part in out + [text[at:]] if part)


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isdigit() else c for c in text)


# ---- cards
CARD_RANGES = [("4", 16), ("51", 16), ("52", 16), ("55", 16), ("2221", 16), ("2720", 16), ("34", 15), ("37", 15), ("6011", 16),
               ("65", 16), ("36", 14), ("300", 14), ("3528", 16), ("3589", 16), ("62", 16), ("4", 13), ("62", 19)]


def card_body(r):
    head, length = r.choice(CARD_RANGES)
    body = head + digits(r, length - 1 - len(head))
    return body, luhn(body)


def card_notation(r, n):
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4), 13: (4, 3, 3, 3), 19: (4, 4, 4, 4, 3)}[len(n)]
    how = r.random()
    if how < 0.4:
        return n
    return groups(n, sizes, r.choice(SPACES) if how < 0.7 else r.choice(DASHES))


def card(r, f):
    if r.random() < 0.3:
        return card_notation_any(r, f.credit_card_number())
    body, check = card_body(r)
    return card_notation(r, body + check)


def card_notation_any(r, n):
    return n if len(n) == 12 or r.random() < 0.5 else card_notation(r, n)


def card_broken(r, f):
    body, check = card_body(r)
    return card_notation(r, body + str((int(check) + r.randint(1, 9)) % 10))


# ---- IBAN
IBAN = {"DE": 22, "GB": 22, "FR": 27, "ES": 24, "IT": 27, "NL": 18, "CH": 21, "BE": 16, "PL": 28, "SE": 24, "NO": 15, "PT": 25, "IE": 22,
        "AT": 20, "DK": 18, "FI": 18, "MT": 31, "SA": 24, "AE": 23, "TR": 26}
IBAN_LETTERS = {"GB": 4, "NL": 4, "IE": 4, "MT": 4}


def iban_check(country, bban):
    text = bban + country + "00"
    return "%02d" % (98 - int("".join(str(int(c, 36)) for c in text)) % 97)


def iban_raw(r):
    country = r.choice(sorted(IBAN))
    letters = IBAN_LETTERS.get(country, 0)
    bban = "".join(r.choice("ABCDEFGHKLMNPRSTW") for _ in range(letters)) + digits(r, IBAN[country] - 4 - letters)
    if country in ("FR", "IT") and r.random() < 0.5:
        bban = r.choice("XKAB") + bban[1:] if country == "IT" else bban[:-3] + r.choice("XKAB") + bban[-2:]
    return country, iban_check(country, bban), bban


def iban_notation(r, text):
    how = r.random()
    if how < 0.45:
        return text
    if how < 0.85:
        return groups(text, [4] * (len(text) // 4), r.choice(SPACES))
    if how < 0.93:
        return text.lower()
    return groups(text, [4] * (len(text) // 4), "-")


def iban(r, f):
    if r.random() < 0.25:
        return iban_notation(r, f.iban())
    country, check, bban = iban_raw(r)
    return iban_notation(r, country + check + bban)


def iban_broken(r, f):
    country, check, bban = iban_raw(r)
    check = "%02d" % ((int(check) - 2 + r.randint(1, 90)) % 97 + 2)
    return iban_notation(r, country + check + bban)


# ---- US SSN
def ssn_parts(r):
    area = r.choice([a for a in range(1, 900) if a != 666])
    return "%03d" % area, "%02d" % r.randint(1, 99), "%04d" % r.randint(1, 9999)


def ssn(r, f):
    sep = r.choice(["-"] * 8 + [" ", " ", "\u2011", "\u2013"])
    return sep.join(ssn_parts(r))


def ssn_bare(r, f):
    return "".join(ssn_parts(r))


def ssn_dotted(r, f):
    return ".".join(ssn_parts(r))


def ssn_broken(r, f):
    a, b, c = ssn_parts(r)
    how = r.randrange(4)
    if how == 0:
        a = r.choice(["000", "666"])
    elif how == 1:
        a = str(r.randint(900, 999))
        b = "%02d" % r.randint(1, 49)
    elif how == 2:
        b = "00"
    else:
        c = "0000"
    return r.choice(["-", "-", " "]).join((a, b, c))


# ---- NHS number
def nhs_digits(r):
    while True:
        body = r.choice("46789") + digits(r, 8)
        check = 11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1))) % 11
        if check == 11:
            check = 0
        if check != 10:
            return body, check


def nhs_notation(r, n):
    return groups(n, (3, 3, 4), r.choice([" "] * 5 + ["-"] * 2 + ["", "", "\u00a0"]))


def nhs(r, f):
    body, check = nhs_digits(r)
    return nhs_notation(r, body + str(check))


def nhs_spaced(r, f):
    body, check = nhs_digits(r)
    return groups(body + str(check), (3, 3, 4), " ")


def nhs_broken(r, f):
    body, check = nhs_digits(r)
    return nhs_notation(r, body + str((check + r.randint(1, 9)) % 10))


# ---- Chinese resident id
AREAS = ["110101", "110105", "310104", "440305", "320106", "510107", "330106", "420111", "610113", "370202", "350203", "210102", "430104",
         "500112", "120103", "450102", "530102", "230103", "650102", "540102"]


def chinese_check(body):
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return "10X98765432"[sum(int(d) * w for d, w in zip(body, weights)) % 11]


def any_day(r, first=1930, last=2015):
    return datetime.date(first, 1, 1) + datetime.timedelta(days=r.randrange(365 * (last - first)))


def chinese_body(r):
    return r.choice(AREAS) + any_day(r).strftime("%Y%m%d") + "%03d" % r.randint(1, 999)


def chinese_id(r, f):
    body = chinese_body(r)
    text = body + chinese_check(body)
    how = r.random()
    if how < 0.1:
        return text.lower()
    if how < 0.2:
        return groups(text, (6, 8), " ")
    if how < 0.28:
        return full_width(text)
    return text


def chinese_id_broken(r, f):
    body = chinese_body(r)
    if r.random() < 0.3:
        body = body[:10] + r.choice(["1345", "0230", "0631", "0012", "1200"]) + body[14:]
        return body + chinese_check(body)
    right = chinese_check(body)
    return body + r.choice([c for c in "0123456789" if c != right])


# ---- e-mail
def email(r, f):
    how = r.random()
    name, host = f.ascii_email().split("@")
    if how < 0.45:
        return f.ascii_email() if r.random() < 0.5 else f.ascii_company_email()
    if how < 0.55:
        return name + "+" + r.choice(["news", "shop.2024", "tag_1"]) + "@" + host
    if how < 0.65:
        return (name + "@" + host).upper()
    if how < 0.75:
        return r.choice("abcdef") + ".o'" + name[:6].replace(".", "") + "@" + host if r.random() < 0.3 else name.title() + "@" + host.title()
    if how < 0.85:
        return digits(r, r.randint(6, 10)) + "@" + r.choice(["qq.com", "163.com", "126.com", "139.com"])
    if how < 0.93:
        return name + "@" + r.choice(["mail", "dept-3", "clinic"]) + "." + r.choice(["nhs.uk", "uni-jena.de", "health.gov.au", "pku.edu.cn", "co.jp"])
    return r.choice(["_", "x-", ""]) + name + r.choice(["-1", "_2", "99"]) + "@" + host


# ---- IP
def ipv4(r, f):
    return r.choice([f.ipv4, f.ipv4_private, f.ipv4_public])()


def ipv6(r, f):
    how = r.random()
    full = f.ipv6()
    if how < 0.5:
        return full
    parts = ["%x" % r.randrange(1, 65536) for _ in range(8)]
    if how < 0.7:
        keep = r.randint(2, 5)
        after = r.randint(1, 6 - keep) if keep < 6 else 1
        return ":".join(parts[:keep]) + "::" + ":".join(parts[-after:])
    if how < 0.8:
        return "fe80::" + ":".join(parts[-r.randint(1, 4) :])
    if how < 0.9:
        return "2001:db8::" + parts[0]
    return full.upper()


# ---- URL credentials
def credentials(r, f):
    """Scheme, user:password and rest apart."""
    scheme = r.choice(["https", "http", "ftp", "postgres", "mysql", "mongodb+srv", "redis", "amqp", "ssh", "sftp", "postgresql"])
    user = r.choice([f.user_name(), "admin", "root", "svc-" + f.user_name()]) if f else "admin"
    password = "".join(r.choice("abcdefghkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789!$*_.-%"[:-1]) for _ in range(r.randint(6, 16)))
    host = r.choice([f.domain_name(), "db." + f.domain_name(), "10.0.0.5", "localhost"])
    port = r.choice(["", "", ":5432", ":8443"])
    path = r.choice(["", "/", "/records/2024", "/db?sslmode=require", "/a/b.html#top"])
    return scheme + "://", user + ":" + password, "@" + host + port + path


# ---- phones
def phone_us(r, f):
    area = r.choice([a for a in range(201, 990) if a % 100 != 11 and not 370 <= a < 380 and not 960 <= a < 970 and a % 100 // 10 != 9])
    exchange = r.choice([e for e in range(200, 1000) if e % 100 != 11])
    line = digits(r, 4)
    a, e = str(area), str(exchange)
    form = r.choice(["({a}) {e}-{l}", "({a}) {e}-{l}", "{a}-{e}-{l}", "{a}-{e}-{l}", "{a}.{e}.{l}", "+1 {a} {e} {l}", "+1-{a}-{e}-{l}",
                     "1-{a}-{e}-{l}", "+1 ({a}) {e}-{l}", "+1{a}{e}{l}", "({a}){e}-{l}", "+1.{a}.{e}.{l}", "001-{a}-{e}-{l}",
                     "{a}\u2011{e}\u2011{l}", "({a}) {e}\u2013{l}", "{a}/{e}-{l}", "{a}-{e}-{l} ext. {x}", "({a}) {e}-{l} x{x}",
                     "{a}-{e}-{l}x{x}"])
    return form.format(a=a, e=e, l=line, x=digits(r, r.randint(2, 5)).replace("0", "7"))


def phone_us_plain(r, f):
    """Needs a word that says what it is."""
    return r.choice(["{}{}{}", "{} {} {}"]).format(r.choice(["212", "415", "617", "312", "713"]), r.randint(220, 989), digits(r, 4))


def phone_china(r, f):
    n = r.choice(["13", "15", "18", "17", "19"]) + r.choice("03568") + digits(r, 8)
    return r.choice([n, n, n, groups(n, (3, 4, 4), " "), groups(n, (3, 4, 4), "-"), "+86 " + n, "+86" + n, "+86-" + n,
                     "+86 " + groups(n, (3, 4, 4), " "), "0086" + n, full_width(n), "(+86)" + n])


def phone_china_fixed(r, f):
    return r.choice(["010", "021", "0755", "0571", "028"]) + r.choice(["-", "-", "\u2014", " "]) + r.choice("2345678") + digits(r, 7)


def phone_gb(r, f):
    form = r.choice(["+44 20 7946 0{}", "020 7946 0{}", "07700 900{}", "+44 7700 900{}", "+44 (0)20 7946 0{}", "(020) 7946 0{}", "0161 496 0{}",
                     "+447700900{}", "07700900{}", "01632 960{}"])
    return form.format(digits(r, 3))


def phone_europe(r, f):
    return fill(r, r.choice(["+49 30 {4} {4}", "+49 (0)89 {7}", "+49-171-{7}", "+33 1 {2} {2} {2} {2}", "01 {2} {2} {2} {2}", "06.{2}.{2}.{2}.{2}",
                             "+33 (0)6 {2} {2} {2} {2}", "+34 91{1} {3} {3}", "+39 06 {4} {4}", "+39 347 {3} {4}", "+41 44 {3} {2} {2}",
                             "+31 20 {3} {4}", "+46 8 {3} {3} {2}", "+48 {3} {3} {3}", "+351 21{1} {3} {3}", "+43 1 {7}", "+32 2 {3} {2} {2}",
                             "+45 {2} {2} {2} {2}", "0049 171 {7}"]))


def phone_far(r, f):
    return fill(r, r.choice(["+81 3-{4}-{4}", "090-{4}-{4}", "03-{4}-{4}", "+82 10-{4}-{4}", "010-{4}-{4}", "+91 98{3} {5}", "+91-98{8}", "+61 2 {4} {4}",
                             "+61 4{2} {3} {3}", "(02) {4} {4}", "+55 11 9{4}-{4}", "(11) 9{4}-{4}", "+52 55 {4} {4}", "+852 {4} {4}", "+65 {4} {4}",
                             "+7 (495) {3}-{2}-{2}", "+90 532 {3} {2} {2}", "+972-50-{3}-{4}", "+27 82 {3} {4}", "+234 803 {3} {4}"]))


def nonzero(r, count):
    return r.choice("23456789") + digits(r, count - 1)


def fill(r, form):
    for size in "123456789":
        while "{" + size + "}" in form:
            form = form.replace("{" + size + "}", nonzero(r, int(size)), 1)
    return form


# ---- dates
MONTHS = "January February March April May June July August September October November December".split()


def date_english(r, d):
    return r.choice(["{d:%Y-%m-%d}", "{d:%d/%m/%Y}", "{d:%m/%d/%Y}", "{d:%d.%m.%Y}", "{n} {m} {y}", "{m} {n}, {y}", "{n}{th} {m} {y}", "{s} {n}, {y}",
                     "{n} {s} {y}", "{d:%d-%m-%Y}", "{d:%Y/%m/%d}", "{d:%d-%b-%Y}", "{d.month}/{n}/{d:%y}", "{d:%Y%m%d}", "{m} {n}{th}, {y}", "{d.month}/{n}/{y}"
                     ]).format(d=d, n=d.day, m=MONTHS[d.month - 1], s=MONTHS[d.month - 1][:3], y=d.year,
                               th={1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(d.day, "th"))


def birth(r, f):
    return date_english(r, any_day(r, 1925, 2012))


def birth_chinese(r, f):
    d = any_day(r, 1935, 2012)
    return r.choice(["{0.year}年{0.month}月{0.day}日", "{0:%Y-%m-%d}", "{0:%Y/%m/%d}", "{0:%Y.%m.%d}", "{0.year}年{0:%m}月{0:%d}日"]).format(d)


# ---- record numbers
def record(r, f):
    return fill(r, r.choice(["{8}", "{7}", "{6}", "MR-{6}", "A{7}", "MRN{7}", "RN-2024-{5}", "P{5}", "H-{7}", "{2}-{6}", "PT{8}", "00{6}", "{4}-{4}",
                             "{3}{4}B"]))
