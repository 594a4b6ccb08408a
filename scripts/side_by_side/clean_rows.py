#!/usr/bin/env python3
"""Normalise, filter and exact deduplication of a JSONL file in plain Python, the usual way.

    clean_rows.py --data FILE --out FILE
"""
import argparse
import hashlib
import html
import json
import re
import unicodedata


def tidy(text: str) -> str:
    text = unicodedata.normalize("NFC", html.unescape(text)).replace("\r\n", "\n").replace("\u00a0", " ")
    return re.sub(r"[ \t]+", " ", text).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    chosen = parser.parse_args()
    seen, rows, kept = set(), 0, 0
    with open(chosen.data, encoding="utf-8") as lines, open(chosen.out, "w", encoding="utf-8") as out:
        for line in lines:
            row = {name: tidy(value) if isinstance(value, str) else value for name, value in json.loads(line).items()}
            rows += 1
            text = row["prompt"] + "\n" + row["completion"]
            if len(text) < 20 or sum(map(str.isalnum, text)) < 0.3 * len(text):
                continue
            key = hashlib.blake2b(text.encode(), digest_size=16).digest()
            if key in seen:
                continue
            seen.add(key)
            kept += 1
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(json.dumps({"rows": rows, "duplicates": rows - kept}))


if __name__ == "__main__":
    main()
