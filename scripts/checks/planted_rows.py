#!/usr/bin/env python3
"""Planted duplicates, near-duplicates, leaks and groups: what `lathe prepare` finds of them, under several readings of "near".

    planted_rows.py --lathe .build/release/lathe [--rows 20000] [--seed 1] [--threshold 0.8] [--text words|faker|FILE.jsonl(.gz):field]

Rows are made from texts; copies have 5 to 20 % of their words substituted, left out, put in or swapped. Recall is asked of planted
pairs whose Jaccard similarity is at least the threshold by one of several measures; precision twice: a removal is wrong if nothing
was planted there (planted), or if its pair is below the threshold (strict). --text faker needs the package Faker.
"""

import argparse
import gzip
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile


def grams(items, size):
    return {tuple(items[i : i + size]) for i in range(max(1, len(items) - size + 1))}


def jaccard(a, b):
    return len(a & b) / len(a | b) if a | b else 0.0


MEASURES = {
    "words": lambda t: set(re.findall(r"\w+", t.lower())),
    "split": lambda t: set(t.split()),
    "3 words": lambda t: grams(t.lower().split(), 3),
    "5 letters": lambda t: grams(t.lower(), 5),
    "characters": set,
    "2 characters": lambda t: grams(t, 2),
}


def is_chinese(text):
    return sum(ord(c) > 0x2E80 for c in text) > len(text) / 2


def units(text):
    return list(text) if is_chinese(text) else text.split()


def changed(r, text, vocabulary):
    """5 to 20 % of the words changed; kinds of change mixed or substitutions alone."""
    words = units(text)
    glue = "" if is_chinese(text) else " "
    kinds = ["substitute"] if r.random() < 0.5 else ["substitute", "drop", "insert", "swap"]
    for place in sorted(r.sample(range(len(words)), max(1, round(r.uniform(0.05, 0.2) * len(words)))), reverse=True):
        kind = r.choice(kinds)
        if kind == "substitute":
            words[place] = r.choice(vocabulary)
        elif kind == "drop":
            del words[place]
        elif kind == "insert":
            words.insert(place, r.choice(vocabulary))
        elif place + 1 < len(words):
            words[place], words[place + 1] = words[place + 1], words[place]
    return glue.join(words)


def texts(kind, r, count):
    if kind == "words":
        vocabulary = ["".join(r.choice("bcdfglmnprst") + r.choice("aeiou") for _ in range(r.randint(2, 4))) for _ in range(5000)]
        return [" ".join(r.choice(vocabulary) for _ in range(r.randint(12, 90))) for _ in range(count)]
    if kind == "faker":
        from faker import Faker

        fake = Faker()
        fake.seed_instance(r.random())
        return [fake.paragraph(nb_sentences=r.randint(2, 9)) for _ in range(count)]
    path, _, field = kind.partition(":")
    found, seen = [], set()
    with (gzip.open if path.endswith("gz") else open)(path, "rt") as file:
        for line in file:
            value = json.loads(line) if field else line.strip()
            value = value[field] if isinstance(value, dict) else value
            text = "\n".join(turn["content"] for turn in value) if isinstance(value, list) else value
            key = re.sub(r"\W+", " ", text.lower())
            if len(units(text)) >= 8 and key not in seen:
                seen.add(key)
                found.append(text)
    r.shuffle(found)
    return found[:count]


SPELLINGS = [str.upper, lambda t: t.replace(" ", "  "), lambda t: t + " ", str.title, lambda t: t.replace(",", ", ").replace("  ", " ") + "!",
             lambda t: "".join(chr(ord(c) + 0xFEE0) if c.isalnum() and c.isascii() else c for c in t)]


def prepare(lathe, data, files):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, rows in files.items():
            (folder / file).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        (folder / "r.yaml").write_text("name: p\nseed: 1\nmodel: { path: none }\ndata: { format: text, %s }\n" % data)
        run = subprocess.run([lathe, "prepare", "r.yaml", "--export", "jsonl"], cwd=folder, capture_output=True, text=True)
        if run.returncode:
            return run.stderr, None, None
        out = folder / "checkpoints/p/rows"

        def read(file):
            return [json.loads(line) for line in open(out / file)] if (out / file).exists() else []

        report = json.loads((out / "report.json").read_text())
        return read("train.jsonl"), read("held_out.jsonl"), report["preparation"]


def near(options, lathe):
    r = random.Random(options.seed)
    base = texts(options.text, r, options.rows)
    vocabulary = sorted({word for text in base[:300] for word in units(text)})
    rows = [("b%d" % i, text) for i, text in enumerate(base)]
    exact = [("x%d" % i, base[i]) for i in r.sample(range(len(base)), len(base) // 20)]
    planted = {}
    for i in r.sample(range(len(base)), len(base) // 5):
        copy = changed(r, base[i], vocabulary)
        planted["n%d" % i] = ("b%d" % i, base[i], copy)
    rows += exact + [(key, value[2]) for key, value in planted.items()]
    r.shuffle(rows)
    step = "steps: [deduplicate, { deduplicate: { by: near%s } }]" % (", threshold: %g" % options.threshold if options.given else "")
    kept, _, report = prepare(lathe, "train: t.jsonl, " + step, {"t.jsonl": [{"id": k, "text": t} for k, t in rows]})
    if report is None:
        sys.exit(kept)
    kept = {row["id"] for row in kept}
    copies = sum(1 for key, _ in exact if not ({key, "b" + key[1:]} <= kept))
    print("exact: %d planted, %d removed by the first step, %d of the copies found" % (len(exact), report["steps"][0]["duplicates"]["rows"], copies))
    hit = {key: key not in kept or not ({value[0], "x" + value[0][1:]} & kept) for key, value in planted.items()}
    removed = {key for key, _ in rows} - kept
    near_bases = {value[0] for value in planted.values()}
    stray = [key for key in removed if key[0] == "b" and "x" + key[1:] not in dict(exact) and key not in near_bases]
    print("near: %d planted, %d found; %d rows went for which nothing was planted" % (len(planted), sum(hit.values()), len(stray)))
    print("%-14s %8s %8s %10s %8s" % ("measure", "≥ %g" % options.threshold, "recall", "precision", "strict"))
    for name, measure in MEASURES.items():
        value = {key: jaccard(measure(a), measure(b)) for key, (_, a, b) in planted.items()}
        alike = [key for key in planted if value[key] >= options.threshold]
        found = sum(hit[key] for key in alike)
        total = sum(hit.values())
        print("%-14s %8d %8.4f %10.4f %8.4f" % (name, len(alike), found / max(1, len(alike)), total / max(1, total + len(stray)), found / max(1, total + len(stray))))


def leaks(options, lathe):
    r = random.Random(options.seed + 1)
    base = texts(options.text, r, min(options.rows, 5000))
    count = len(base) // 50
    vocabulary = sorted({word for text in base[:300] for word in units(text)})
    held = base[: 6 * count]
    train = base[6 * count :]
    kinds = {"exact": held[:count], "normalised": [r.choice(SPELLINGS)(t) for t in held[count : 2 * count]],
             "near": [changed(r, t, vocabulary) for t in held[2 * count : 3 * count]]}
    rows = [{"id": "b%d" % i, "text": t} for i, t in enumerate(train)]
    for kind, copies in kinds.items():
        rows += [{"id": "%s%d" % (kind, i), "text": t} for i, t in enumerate(copies)]
    r.shuffle(rows)
    files = {"t.jsonl": rows, "h.jsonl": [{"id": "h%d" % i, "text": t} for i, t in enumerate(held)]}
    for rule in ("report", "drop", "error"):
        kept, out, report = prepare(lathe, "train: t.jsonl, held_out: h.jsonl, leakage: %s" % rule, files)
        if report is None:
            print("leakage: error →", kept.strip()[:160])
            continue
        found = report["leakage"]
        alike = sum(jaccard(MEASURES["words"](a), MEASURES["words"](b)) >= options.threshold for a, b in zip(kinds["near"], held[2 * count :]))
        lost = {kind: count - sum(row["id"].startswith(kind) for row in kept) for kind in kinds}
        print("leakage: %s → planted %d exact, %d in another spelling, %d near (%d ≥ %g); rows %s, %s; gone from training %s, base rows gone %d" % (
            rule, count, count, count, alike, options.threshold, found["rows"],
            ", ".join("%s %s" % (k, found[k]["held_out_rows"]) for k in ("exact", "normalised", "near", "prompt", "group")), lost,
            len(train) - sum(row["id"].startswith("b") for row in kept)))


def groups(options, lathe):
    r = random.Random(options.seed + 2)
    sizes = [1] * 400 + [r.randint(2, 9) for _ in range(200)] + [40, 120, 300]
    rows = []
    for number, size in enumerate(sizes):
        for i in range(size):
            name = r.choice([number, str(number), " %d" % number]) if number % 3 == 0 else "P%04d" % number
            rows.append({"id": "g%d_%d" % (number, i), "patient_id": name, "label": "abc"[number % 3], "text": "note %d of %d: %s" % (
                i, number, " ".join("w%d" % r.randrange(9999) for _ in range(12)))})
    r.shuffle(rows)
    half = len(rows) // 2
    files = {"a.jsonl": rows[:half], "b.jsonl": rows[half:]}
    for data in ("val_size: 0.1, split: { group_by: patient_id }", "val_size: 137, split: { group_by: patient_id }",
                 "val_size: 0.2, split: { group_by: patient_id, stratify_by: label }"):
        train, held, report = prepare(lathe, "train: [a.jsonl, b.jsonl], " + data, files)
        if report is None:
            print(data, "→", train.strip()[:200])
            continue
        sides = [{row["id"].split("_")[0] for row in side} for side in (train, held)]
        print("%s → %d + %d of %d rows, groups on both sides: %d; held-out by label %s" % (
            data, len(train), len(held), len(rows), len(sides[0] & sides[1]), {c: sum(row["label"] == c for row in held) for c in "abc"}))
    broken = rows[:50] + [{"id": "g", "label": "a", "text": "no group here at all"}]
    train, held, report = prepare(lathe, "train: a.jsonl, val_size: 0.2, split: { group_by: patient_id }", {"a.jsonl": broken})
    print("a row without its group →", train.strip()[:200] if report is None else "%d + %d rows" % (len(train), len(held)))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--lathe", default=".build/release/lathe")
    arguments.add_argument("--rows", type=int, default=20000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--threshold", type=float)
    arguments.add_argument("--text", default="words")
    arguments.add_argument("--only", choices=["near", "leaks", "groups"])
    options = arguments.parse_args()
    options.given = options.threshold is not None
    options.threshold = options.threshold or 0.8
    lathe = pathlib.Path(options.lathe).resolve()
    for part in (near, leaks, groups):
        if options.only in (None, part.__name__):
            part(options, lathe)


if __name__ == "__main__":
    main()
