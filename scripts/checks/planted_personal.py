#!/usr/bin/env python3
"""How much of planted personal data `lathe prepare` masks, and how much else: recall and precision by kind.

    planted_personal.py --lathe .build/release/lathe [--rows 40000] [--seed 1] [--held-back] [--show 5]

Needs the package Faker. The values are written in the notations people use, in texts of many layouts; look-alikes (broken checksums, order numbers,
versions, dates of no birth …) stand among them. --held-back takes sentences and locales that nobody looked at while the scanner was made.
"""

import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent / "planted"))
import personal_rows  # noqa: E402
from faker import Faker  # noqa: E402

LOCALES = ["en_US", "en_US", "en_US", "en_GB", "zh_CN", "zh_CN", "de_DE", "fr_FR", "es_ES", "it_IT", "en_AU", "ja_JP", "nl_NL"]
LOCALES_HELD_BACK = ["en_US", "zh_CN", "en_CA", "pt_BR", "pl_PL", "sv_SE", "en_IN", "zh_TW", "ko_KR", "da_DK", "fi_FI", "en_NZ", "es_MX", "en_IE", "tr_TR"]
KINDS = ["email", "phone", "card", "iban", "ssn", "nhs", "chinese_id", "ip", "url_credentials", "birth_date", "record_number",
         "name", "address", "postcode", "date", "age", "passport", "health_plan", "account", "licence", "vehicle", "device", "url"]
PLACEHOLDER = re.compile(r"\[(%s)\]" % "|".join(kind.upper() for kind in KINDS))


def texts(row):
    return [row["text"]] if "text" in row else [m["content"] for m in row["messages"]]


def build(rows, seed, held_back):
    r = random.Random(seed)
    fakers = [Faker(name) for name in (LOCALES_HELD_BACK if held_back else LOCALES)]
    for number, faker in enumerate(fakers):
        faker.seed_instance(seed * 1000 + number)
    builder = personal_rows.Builder(r, fakers, held_back)
    for number in range(rows):
        kind, values, how = None, [], r.random()
        if how < 0.55:
            kind = r.choice(KINDS)
            text, values = builder.valid(kind)
        elif how < 0.7:
            broken = r.choice(sorted(personal_rows.BROKEN))
            text, values = builder.broken(broken)
        else:
            broken = r.choice(sorted(personal_rows.LOOK_ALIKES))
            text, values = builder.look_alike(broken)
        row = builder.row(text, values)
        row["id"] = "r%d" % number
        yield row, kind, values, None if kind else broken


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lathe", default=".build/release/lathe")
    arguments.add_argument("--rows", type=int, default=40000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--held-back", action="store_true")
    arguments.add_argument("--show", type=int, default=0)
    arguments.add_argument("--only", default="")
    options = arguments.parse_args()
    lathe = pathlib.Path(options.lathe).resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        planted = list(build(options.rows, options.seed, options.held_back))
        with open(folder / "rows.jsonl", "w") as file:
            for row, *_ in planted:
                file.write(json.dumps({"id": row["id"], "text": "\x1e".join(texts(row))}, ensure_ascii=False) + "\n")
        (folder / "recipe.yaml").write_text(
            "name: planted\nmodel: { path: none }\ndata:\n  train: rows.jsonl\n  format: text\n  steps: [{ mask: { fields: [text], kinds: [%s] } }]\n"
            % ", ".join(KINDS[:-1]))
        masked = prepared(lathe, folder)
        # Web addresses stand in rows of other kinds too: they are asked for apart.
        recipe = (folder / "recipe.yaml").read_text()
        (folder / "recipe.yaml").write_text(recipe.replace("kinds: [", "kinds: [url] } }]\n#").replace("name: planted", "name: planted_url"))
        for number, text in enumerate(prepared(lathe, folder, "planted_url")):
            if planted[number][1] == "url":
                masked[number] = text
    if len(masked) != len(planted):
        sys.exit("%d rows in, %d out" % (len(planted), len(masked)))
    report(planted, masked, options)


def prepared(lathe, folder, name="planted"):
    """The texts of the rows after the recipe's mask step."""
    run = subprocess.run([lathe, "prepare", "recipe.yaml", "--export", "jsonl"], cwd=folder, capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr[-2000:])
    return [json.loads(line)["text"] for line in open(folder / "checkpoints" / name / "rows/train.jsonl")]


def report(planted, masked, options):
    found, missed, false, exact, total = (collections.Counter() for _ in range(5))
    shown, causes = collections.defaultdict(list), collections.Counter()
    for (row, kind, values, broken), text in zip(planted, masked):
        before = "\x1e".join(texts(row))
        got = collections.Counter(match.lower() for match in PLACEHOLDER.findall(text))
        wanted = collections.Counter()
        expected = before
        for value in values:
            name = "ip" if kind == "url_credentials" and value == "10.0.0.5" else kind
            wanted[name] += before.count(value)
            expected = expected.replace(value, "[%s]" % name.upper())
        for name in set(got) | set(wanted):
            hit = min(got[name], wanted[name])
            left = sum(text.count(value) for value in values) if name == kind else 0
            hit = max(0, hit - left)
            found[name] += hit
            missed[name] += wanted[name] - hit
            false[name] += got[name] - min(got[name], wanted[name])
            if wanted[name] > hit or got[name] > wanted[name]:
                causes[(kind or "!" + broken, name, "miss" if wanted[name] > hit else "false")] += 1
                shown[(kind or "!" + broken, name)].append((before, text))
        if kind:
            total[kind] += 1
            exact[kind] += text == expected
            if text != expected and got == wanted:
                shown[(kind, "span")].append((before, text))
    print("%-16s %7s %8s %9s %7s" % ("kind", "planted", "recall", "precision", "span"))
    for kind in KINDS:
        print("%-16s %7d %8.4f %9.4f %7.4f" % (kind, found[kind] + missed[kind], found[kind] / max(1, found[kind] + missed[kind]),
                                             found[kind] / max(1, found[kind] + false[kind]), exact[kind] / max(1, total[kind])))
    if options.show:
        for cause, count in causes.most_common():
            print(cause, count)
        for cause in sorted(shown, key=str):
            if options.only and options.only not in str(cause):
                continue
            print("==", cause, len(shown[cause]))
            for before, text in shown[cause][: options.show]:
                print("   ", before.replace("\n", "⏎")[:170], "\n      →", text.replace("\n", "⏎")[:170])


if __name__ == "__main__":
    main()
