#!/usr/bin/env python3
"""Scores rows with llama.cpp: the mean loss of each GGUF file over the same target tokens that Lathe scores, beside Lathe's own.

Needs numpy and xllamacpp (llama.cpp as a Python module).
Usage: python3 scripts/checks/loss_in_llama.py ROWS FILE.gguf ...      LATHE=path of the command (.build/release/lathe)
"""
import json
import os
import pathlib
import subprocess
import sys

from llama_cpp import Llama


def mean_loss(file, rows):
    """Over the targets of all rows."""
    llama = Llama(file, context=max(len(row["ids"]) for row in rows) + 8)
    total, count = 0.0, 0
    for row in rows:
        targets = [place for place, counts in enumerate(row["mask"]) if place > 0 and counts]
        total += sum(llama.losses(row["ids"], targets))
        count += len(targets)
    llama.close()
    return total / count


def main():
    lathe = os.environ.get("LATHE", ".build/release/lathe")
    print(f"{'file':40} {'lathe':>9} {'llama.cpp':>9}")
    for file in sys.argv[2:]:
        told = subprocess.run(
            [lathe, "score", "--quiet", "--json", "--tokens", "--model", file, "--data", sys.argv[1]], check=True,
            capture_output=True, text=True).stdout
        rows = [json.loads(line) for line in told.splitlines()]
        targets = sum(row["target_tokens"] for row in rows)
        own = sum(row["loss"] * row["target_tokens"] for row in rows) / targets
        print(f"{pathlib.Path(file).name:40} {own:9.4f} {mean_loss(file, rows):9.4f}", flush=True)


if __name__ == "__main__":
    main()
