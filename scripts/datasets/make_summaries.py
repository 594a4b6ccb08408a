#!/usr/bin/env python3
"""Makes `datasets/summaries` of `datasets/media`: what a news desk was told, and the standfirst of it, a text and its summary.

Each row is the first exchange of a conversation there, so that the two sides keep their different stories.
Run after make_media.py: python3 scripts/datasets/make_summaries.py; with --check it fails when the committed files differ.
"""
import json

import writing

PREFIX = "summarize: "


def rows(name):
    made = []
    for line in (writing.ROOT / "datasets" / "media" / name).read_text(encoding="utf-8").splitlines():
        messages = [m for m in json.loads(line)["messages"] if m["role"] != "system"]
        standfirst = next(
            part.removeprefix("Standfirst: ") for part in messages[1]["content"].split("\n") if part.startswith("Standfirst: "))
        text = " ".join(messages[0]["content"].split())
        made.append({"prompt": PREFIX + text, "completion": standfirst})
    return made


if __name__ == "__main__":
    writing.write("summaries", {name: rows(name + ".jsonl") for name in ("train", "held_out")})
