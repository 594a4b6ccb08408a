#!/usr/bin/env python3
"""Makes `datasets/summaries` of `datasets/media`: what a news desk was told, and the standfirst of it, a text and its summary.

Each row is the first exchange of a conversation there, so that the two sides keep their different stories.
Run after make_media.py: python3 scripts/datasets/make_summaries.py; with --check it fails when the committed files differ.
"""
import json
import pathlib
import sys

DATASETS = pathlib.Path(__file__).resolve().parents[2] / "datasets"
PREFIX = "summarize: "


def rows(name):
    for line in (DATASETS / "media" / name).read_text().splitlines():
        messages = [m for m in json.loads(line)["messages"] if m["role"] != "system"]
        standfirst = next(
            part.removeprefix("Standfirst: ") for part in messages[1]["content"].split("\n") if part.startswith("Standfirst: "))
        text = " ".join(messages[0]["content"].split())
        yield json.dumps({"prompt": PREFIX + text, "completion": standfirst}, ensure_ascii=False)


def main():
    stale = []
    for name in ("train.jsonl", "held_out.jsonl"):
        path, text = DATASETS / "summaries" / name, "".join(line + "\n" for line in rows(name))
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(str(path))
    if stale:
        sys.exit("not as generated: " + ", ".join(stale))


main()
