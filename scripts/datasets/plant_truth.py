#!/usr/bin/env python3
"""Writes rows with known faults, and the truth about them: what preparation has to find.

    plant_truth.py OUT [--rows 100000] [--seed 1]

OUT/train.jsonl and OUT/held_out.jsonl hold rows of `id`, `patient_id`, `text`. OUT/truth.json says which ids are exact
duplicates, near-duplicates (with the Jaccard similarity of their sets of words), leaks and duplicates across groups, and lists
every piece of personal data with its kind, the invalid look-alikes beside the valid ones. Everything follows from the seed.
"""
import argparse
import json
import os
import random

SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qi ro su ta ve wi xo yu za bre cla dro fle gri".split()


def vocabulary(rng, count):
    words = set()
    while len(words) < count:
        words.add("".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4))))
    return sorted(words)


def jaccard(a, b):
    a, b = set(a), set(b)
    return len(a & b) / len(a | b)


def changed(rng, words, vocab):
    """A copy with 5 to 20 % of its words replaced."""
    share = rng.uniform(0.05, 0.20)
    count = max(1, round(share * len(words)))
    copy = list(words)
    for place in rng.sample(range(len(words)), count):
        copy[place] = rng.choice(vocab)
    return copy


# --- Personal data ---------------------------------------------------------

def digits(rng, n):
    return "".join(str(rng.randint(0, 9)) for _ in range(n))


def luhn_digit(body):
    total = 0
    for index, digit in enumerate(reversed(body)):
        value = int(digit)
        if index % 2 == 0:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return str(-total % 10)


def card(rng, valid):
    prefix, length = rng.choice([("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16),
                                 ("4", 13), ("4", 19), ("62", 17), ("36", 14)])
    body = prefix + digits(rng, length - len(prefix) - 1)
    check = luhn_digit(body)
    if not valid:
        check = str((int(check) + rng.randint(1, 9)) % 10)
    number = body + check
    style = rng.choice(["", " ", "-"])
    if not style:
        return number
    if length == 15:
        return style.join([number[:4], number[4:10], number[10:]])
    if length == 14:
        return style.join([number[:4], number[4:10], number[10:]])
    return style.join(number[i:i + 4] for i in range(0, length, 4))


def iban(rng, valid):
    country, bban = rng.choice([("GB", lambda: "WEST" + digits(rng, 14)), ("DE", lambda: digits(rng, 18)),
                                ("FR", lambda: digits(rng, 10) + "0A" + digits(rng, 11)),
                                ("NL", lambda: "ABNA" + digits(rng, 10)), ("ES", lambda: digits(rng, 20))])
    body = bban()
    value = int("".join(str(int(c, 36)) for c in body + country + "00"))
    check = 98 - value % 97
    if not valid:
        check = (check + rng.randint(1, 90)) % 97
        if check in (0, 1):
            check = 50 if (98 - value % 97) != 50 else 51
    number = country + "%02d" % check + body
    style = rng.choice(["plain", "fours", "lower"])
    if style == "fours":
        return " ".join(number[i:i + 4] for i in range(0, len(number), 4))
    return number.lower() if style == "lower" else number


def nhs(rng, valid):
    while True:
        body = rng.choice("4679") + digits(rng, 8)
        check = (11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1))) % 11) % 11
        if check != 10:
            break
    if not valid:
        check = (check + rng.randint(1, 8)) % 10
        if (11 - sum(int(d) * w for d, w in zip(body, range(10, 1, -1))) % 11) % 11 == check:
            check = (check + 1) % 10
    number = body + str(check)
    return rng.choice([number, number[:3] + " " + number[3:6] + " " + number[6:]])


def ssn(rng, valid):
    if valid:
        area = rng.choice([a for a in range(1, 900) if a != 666])
        group, serial = rng.randint(1, 99), rng.randint(1, 9999)
    else:
        area, group, serial = rng.choice([(0, 12, 3456), (666, 12, 3456), (rng.randint(900, 999), 45, 6789),
                                          (rng.randint(1, 600), 0, 1234), (rng.randint(1, 600), 12, 0)])
    return rng.choice(["-", " "]).join(["%03d" % area, "%02d" % group, "%04d" % serial])


def chinese_id(rng, valid):
    body = rng.choice(["110105", "310104", "440524", "510107"]) + "%04d%02d%02d" % (
        rng.randint(1940, 2010), rng.randint(1, 12), rng.randint(1, 28)) + digits(rng, 3)
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    check = "10X98765432"[sum(int(d) * w for d, w in zip(body, weights)) % 11]
    if not valid:
        check = rng.choice([c for c in "0123456789X" if c != check])
    return body + check


def email(rng, vocab):
    return "%s%s%s@%s.%s" % (rng.choice(vocab), rng.choice([".", "_", "+", ""]), rng.choice(vocab), rng.choice(vocab),
                             rng.choice(["com", "org", "co.uk", "cn", "example.net"]))


def phone(rng):
    area, exchange, line = rng.randint(201, 989), rng.randint(200, 999), rng.randint(0, 9999)
    return rng.choice([
        "+1 (%03d) %03d-%04d" % (area, exchange, line), "(%03d) %03d-%04d" % (area, exchange, line),
        "%03d-%03d-%04d" % (area, exchange, line), "%03d.%03d.%04d" % (area, exchange, line),
        "020 7%s %s" % (digits(rng, 3), digits(rng, 4)), "07700 9%s" % digits(rng, 5),
        "+44 20 7%s %s" % (digits(rng, 3), digits(rng, 4)), "138-%s-%s" % (digits(rng, 4), digits(rng, 4)),
        "13%s" % digits(rng, 9), "+86 139 %s %s" % (digits(rng, 4), digits(rng, 4)), "010-8%s" % digits(rng, 7),
    ])


MONTHS = "January February March April May June July August September October November December".split()


def date(rng):
    y, m, d = rng.randint(1930, 2015), rng.randint(1, 12), rng.randint(1, 28)
    return rng.choice(["%02d/%02d/%d" % (d, m, y), "%d-%02d-%02d" % (y, m, d), "%d %s %d" % (d, MONTHS[m - 1], y),
                       "%s %d, %d" % (MONTHS[m - 1], d, y)])


def ip(rng):
    if rng.random() < 0.5:
        return ".".join(str(rng.randint(1, 254)) for _ in range(4))
    return "2001:db8:%x::%x:%x" % (rng.randint(1, 65535), rng.randint(1, 65535), rng.randint(16, 65535))


def personal(rng, vocab):
    """(kind, words before, value, is it personal data)"""
    kind = rng.choice(["email", "phone", "card", "iban", "ssn", "nhs", "chinese_id", "ip", "url_credentials",
                       "birth_date", "record_number", "other"])
    valid = rng.random() < 0.6
    if kind == "email":
        return kind, rng.choice(["write to", "e-mail", "from"]), email(rng, vocab), True
    if kind == "phone":
        return kind, rng.choice(["call", "phone:", "his mobile is"]), phone(rng), True
    if kind == "card":
        return kind, rng.choice(["paid with", "card", "number"]), card(rng, valid), valid
    if kind == "iban":
        return kind, rng.choice(["IBAN", "transfer to", "account"]), iban(rng, valid), valid
    if kind == "ssn":
        return kind, rng.choice(["SSN", "social security number"]), ssn(rng, valid), valid
    if kind == "nhs":
        return kind, rng.choice(["NHS", "NHS number", "NHS no."]), nhs(rng, valid), valid
    if kind == "chinese_id":
        return kind, rng.choice(["ID", "身份证号", "identity card"]), chinese_id(rng, valid), valid
    if kind == "ip":
        return kind, rng.choice(["logged in from", "host", "address"]), ip(rng), True
    if kind == "url_credentials":
        secret = "%s:%s" % (rng.choice(vocab), digits(rng, 3) + rng.choice(vocab))
        return kind, "see https://", secret, True
    if kind == "birth_date":
        return kind, rng.choice(["DOB:", "born on", "date of birth"]), date(rng), True
    if kind == "record_number":
        return kind, rng.choice(["MRN", "MRN:", "record no.", "medical record number"]), digits(rng, 8), True
    # What looks like it and is not.
    before, value = rng.choice([
        ("order number", digits(rng, 10)), ("version", "%d.%d.%d.%d" % tuple(rng.randint(0, 20) for _ in range(4))),
        ("ISBN", "978-0-306-%s-7" % digits(rng, 5)), ("take", "%d mg" % rng.randint(1, 900)),
        ("printed on", date(rng)), ("at", "2023-04-%02dT%02d:%02d:00" % (rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59))),
        ("timestamp", "17%s" % digits(rng, 8)), ("blood pressure", "%d/%d" % (rng.randint(90, 180), rng.randint(50, 110))),
        ("invoice", "INV-%s" % digits(rng, 6)), ("room", digits(rng, 3)),
    ])
    return "other", before, value, False


def write_personal(path, rng, vocab, count):
    """Writes rows with personal data, and returns what each holds. They have a file of their own, so that no row of the training
    file becomes unlike its copy."""
    truth = []
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            kind, before, value, is_personal = personal(rng, vocab)
            words = [rng.choice(vocab) for _ in range(rng.randint(4, 12))]
            if kind == "url_credentials":
                said = "%s%s@%s.example.com/%s" % (before, value, rng.choice(vocab), rng.choice(vocab))
            else:
                said = before + " " + value
            tail = rng.choice([" ", ", ", ". "]) + " ".join(rng.choice(vocab) for _ in range(5))
            text = " ".join(words) + ". " + said + tail
            row = {"id": "d%d" % number, "messages": [{"role": "user", "content": text},
                                                       {"role": "assistant", "content": "noted"}]}
            file.write(json.dumps(row, ensure_ascii=number % 2 == 0) + "\n")
            truth.append(["d%d" % number, kind, value, is_personal])
    return truth


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    vocab = vocabulary(rng, 6000)
    os.makedirs(args.out, exist_ok=True)
    # Of 100 rows of training: 70 of their own, 10 exact copies, 20 near copies.
    own = args.rows * 70 // 100
    texts, train, truth = [], [], {"exact": [], "near": [], "leaks": [], "personal": []}
    for number in range(own):
        words = [rng.choice(vocab) for _ in range(rng.randint(20, 60))]
        texts.append(words)
        train.append({"id": "t%d" % number, "patient_id": "p%d" % rng.randrange(max(1, own // 12)), "words": words})
    for number in range(args.rows * 10 // 100):
        source = rng.randrange(own)
        train.append({"id": "x%d" % number, "patient_id": train[source]["patient_id"], "words": list(texts[source])})
        truth["exact"].append([train[source]["id"], "x%d" % number])
    for number in range(args.rows * 20 // 100):
        source = rng.randrange(own)
        words = changed(rng, texts[source], vocab)
        train.append({"id": "n%d" % number, "patient_id": train[source]["patient_id"], "words": words})
        truth["near"].append([train[source]["id"], "n%d" % number, round(jaccard(texts[source], words), 4)])
    held = []
    for number in range(args.rows // 20):
        draw = rng.random()
        name = "h%d" % number
        if draw < 0.2:
            source = rng.randrange(own)
            words = list(texts[source]) if draw < 0.1 else changed(rng, texts[source], vocab)
            truth["leaks"].append([train[source]["id"], name, round(jaccard(texts[source], words), 4)])
        else:
            words = [rng.choice(vocab) for _ in range(rng.randint(20, 60))]
        held.append({"id": name, "patient_id": "q%d" % number, "words": words})
    order = list(range(len(train)))
    rng.shuffle(order)
    with open(os.path.join(args.out, "train.jsonl"), "w", encoding="utf-8") as file:
        for index in order:
            row = train[index]
            file.write(json.dumps({"id": row["id"], "patient_id": row["patient_id"], "text": " ".join(row["words"])}) + "\n")
    with open(os.path.join(args.out, "held_out.jsonl"), "w", encoding="utf-8") as file:
        for row in held:
            file.write(json.dumps({"id": row["id"], "patient_id": row["patient_id"], "text": " ".join(row["words"])}) + "\n")
    truth["personal"] = write_personal(os.path.join(args.out, "personal.jsonl"), rng, vocab, args.rows // 10)
    with open(os.path.join(args.out, "truth.json"), "w", encoding="utf-8") as file:
        json.dump(truth, file)


if __name__ == "__main__":
    main()
