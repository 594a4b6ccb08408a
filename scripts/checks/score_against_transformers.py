#!/usr/bin/env python3
"""Score rows with Lathe and with transformers on the same token ids and masks, and print how far they differ.

    python3 scripts/checks/score_against_transformers.py --model MODEL --data FILE [--set key=value ...] [--adapter DIR]

MODEL is a Hugging Face directory or a GGUF file. Needs torch, transformers, gguf (and peft for --adapter). Exits 1 where a
row's loss differs by more than --tolerance.
"""
import argparse
import json
import pathlib
import subprocess
import sys

import torch
from transformers import AutoModelForCausalLM


def load(path: str):
    model = pathlib.Path(path)
    if model.is_file():
        return AutoModelForCausalLM.from_pretrained(model.parent, gguf_file=model.name, dtype=torch.float32)
    return AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lathe", default=".build/release/lathe")
    parser.add_argument("--model", required=True)
    parser.add_argument("--adapter")
    parser.add_argument("--data", required=True)
    parser.add_argument("--set", action="append", default=["model.precision=fp32"])
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()

    command = [options.lathe, "score", "--model", options.model, "--data", options.data, "--tokens", "--json"]
    if options.adapter:
        command += ["--adapter", options.adapter]
    for override in options.set:
        command += ["--set", override]
    rows = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()]

    model = load(options.model)
    if options.adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, options.adapter)
    model.eval()

    worst, total, ours, targets = 0.0, 0.0, 0.0, 0
    for row in rows:
        ids = torch.tensor([row["ids"]])
        mask = torch.tensor(row["mask"][1:], dtype=torch.bool)
        with torch.no_grad():
            logits = model(ids).logits[0, :-1].double()
        losses = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")[mask]
        reference = losses.mean().item()
        worst = max(worst, abs(reference - row["loss"]))
        total += losses.sum().item()
        ours += row["loss"] * row["target_tokens"]
        targets += row["target_tokens"]
    print(f"rows {len(rows)}, target tokens {targets}")
    print(f"loss: Lathe {ours / targets:.6f}, transformers {total / targets:.6f}, difference {abs(ours - total) / targets:.2e}")
    print(f"largest difference of a row: {worst:.2e}")
    return 0 if worst <= options.tolerance else 1


if __name__ == "__main__":
    sys.exit(main())
