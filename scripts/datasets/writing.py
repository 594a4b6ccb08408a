"""What the scripts of datasets share: keyed choices, tables, surface noise, checks, and writing or comparing the files.

Every choice is a function of a key and nothing else (SHA-256, no random generator), so that adding a situation
changes no other row, and every Python 3 gives the same bytes.
"""

import argparse
import hashlib
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEAR_DUPLICATE = 0.7  # word-level Jaccard of the user text, across the split


def number(*key):
    """A whole number drawn by `key`."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in key).encode()).digest()
    return int.from_bytes(digest[:6], "big")


def pick(options, *key):
    """One of `options`, drawn by `key`."""
    return options[number(*key) % len(options)]


def chance(percent, *key):
    """True in about `percent` of 100 keys."""
    return number(*key) % 100 < percent


def table(text, columns):
    """The rows of a table written as lines of `|`-separated cells; missing last cells are empty."""
    rows = []
    for line in text.strip().splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > len(columns):
            sys.exit(f"too many cells: {line}")
        rows.append(dict(zip(columns, cells + [""] * (len(columns) - len(cells)))))
    return rows


def hurried(text, *key):
    """`text` as someone types it on a phone: small letters, few apostrophes, a slipped letter or two."""
    text = text.lower().replace("'", "").replace(";", ",")
    words = text.split(" ")
    for slip in range(1 + number("slips", *key) % 2):
        index = number("where", slip, *key) % len(words)
        word = words[index]
        if len(word) > 4 and word.isalpha():
            at = 1 + number("at", slip, *key) % (len(word) - 3)
            words[index] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words).rstrip(".")


def chat(*turns, system=None):
    """A row in chat form: `turns` are user, assistant, user, assistant …"""
    messages = [{"role": "system", "content": system}] if system else []
    for index, content in enumerate(turns):
        messages.append({"role": "assistant" if index % 2 else "user", "content": content})
    return {"messages": messages}


def user_words(row):
    text = " ".join(m["content"] for m in row["messages"] if m["role"] == "user")
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def overlap(left, right):
    return len(left & right) / max(1, len(left | right))


def verify(train, held_out, check_answer):
    """Stops when a row breaks the house style, is there twice, or stands (nearly) on both sides of the split."""
    if len(train) < 240 or len(held_out) < 60:
        sys.exit(f"too few rows: {len(train)} train, {len(held_out)} held out")
    seen = set()
    for row in train + held_out:
        text = json.dumps([m for m in row["messages"] if m["role"] == "user"])
        if text in seen:
            sys.exit(f"user text stands twice: {text}")
        seen.add(text)
        for message in row["messages"]:
            if "{" in message["content"] or "  " in message["content"] or message["content"] != message["content"].strip():
                sys.exit(f"unfilled slot or stray space: {message['content']!r}")
        for message in row["messages"]:
            if message["role"] == "assistant":
                complaint = check_answer(message["content"])
                if complaint:
                    sys.exit(f"{complaint}: {message['content']!r}")
    trained = [user_words(row) for row in train]
    answers = {row["messages"][-1]["content"] for row in train}
    nearest = 0.0
    for row in held_out:
        words = user_words(row)
        worst = max(overlap(words, other) for other in trained)
        nearest = max(nearest, worst)
        if worst >= NEAR_DUPLICATE:
            sys.exit(f"near duplicate across the split ({worst:.2f}): {row['messages'][-2]['content']}")
        if row["messages"][-1]["content"] in answers:
            sys.exit(f"a held-out answer stands in train: {row['messages'][-1]['content']}")
    return nearest


def shuffled(rows, *key):
    return [row for _, row in sorted(enumerate(rows), key=lambda pair: number("order", pair[0], *key))]


def write(folder, made, summary=None):
    """Writes the rows of each name of `made` as JSON Lines into `datasets/<folder>`, or with `--check` compares them with what is there.

    `summary` says of a name's rows what is told of them.
    """
    parser = argparse.ArgumentParser(description=f"Makes datasets/{folder}: " + " and ".join(f"{name}.jsonl" for name in made) + ".")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the files differ from what is generated")
    arguments = parser.parse_args()
    for name, rows in made.items():
        path = ROOT / "datasets" / folder / f"{name}.jsonl"
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        if arguments.check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                sys.exit(f"{path.relative_to(ROOT)} differs from what {pathlib.Path(sys.argv[0]).name} generates")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if summary:
            print(f"{name}: {summary(rows)}")


def main(domain, train, held_out, check_answer):
    """Writes `datasets/<domain>/`, or with `--check` compares it with what is generated."""
    nearest = verify(train, held_out, check_answer)
    write(domain, {"train": shuffled(train, domain), "held_out": shuffled(held_out, domain)})
    print(f"{domain}: {len(train)} train, {len(held_out)} held out, nearest pair across the split {nearest:.2f}")
