#!/usr/bin/env python3
"""Lathe against its peers: the same files, the same machine, turn by turn. Prints medians and ratios.

Started by scripts/side_by_side.sh, which sees to the packages. Each program is a process of its own; one round runs each once.

  train       TRL's SFTTrainer with a PEFT adapter (bf16 autocast); both adapters are scored by Lathe on held-out rows
  generation  llama.cpp (xllamacpp): reading a prompt, writing one sequence, writing sixteen
  tokenizer   Hugging Face's tokenizers on one thread; the ids must be the same
  quantisation llama.cpp's own quantiser (in xllamacpp), numbers to blocks
  preparation datasketch on near-duplicates, plain Python on normalise + filter + exact duplicates; one core each
"""
import argparse
import json
import pathlib
import platform
import sys
from importlib import metadata

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from comparisons import compare_generation, compare_tokenizer, compare_training  # noqa: E402
from preparation import compare_preparation  # noqa: E402
from quantisation import compare_quantisation  # noqa: E402
from rounds import Bench  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPARISONS = {"train": compare_training, "generation": compare_generation, "tokenizer": compare_tokenizer,
               "preparation": compare_preparation, "quantisation": compare_quantisation}


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(COMPARISONS), help="a list of: " + ", ".join(COMPARISONS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--train", type=pathlib.Path, default=ROOT / "datasets/health/train.jsonl")
    parser.add_argument("--held-out", type=pathlib.Path, default=ROOT / "datasets/health/held_out.jsonl")
    parser.add_argument("--max-steps", type=int, help="stop training after so many steps; by default one epoch")
    parser.add_argument("--checkpointing", action="store_true", help="gradient checkpointing for TRL: slower, less memory")
    parser.add_argument("--text", type=pathlib.Path, help="for the tokenizer, row by row; by default the training rows")
    parser.add_argument("--megabytes", type=int, default=50, help="of rows that are written for preparation")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "checkpoints/side-by-side", help="scratch folder")
    parser.add_argument("--json", type=pathlib.Path, help="write everything measured to this file")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    unknown = [name for name in chosen.only if name not in COMPARISONS]
    if unknown:
        parser.error(f"--only: no comparison is called {', '.join(unknown)}")
    for name in ("model", "train", "held_out"):
        path = getattr(chosen, name).absolute()
        if not path.exists() and chosen.only != ["preparation"]:
            parser.error(f"{path} does not exist")
        setattr(chosen, name, path)
    chosen.text = (chosen.text or chosen.train).absolute()
    return chosen


def machine() -> dict:
    """What the figures depend on."""
    facts = {"python": platform.python_version()}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            facts["cpu"] = line.split(":", 1)[1].strip()
            break
    for package in ("torch", "transformers", "peft", "trl", "tokenizers", "xllamacpp", "datasketch"):
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return facts


def main() -> None:
    chosen = options()
    bench = Bench(ROOT, chosen)
    results = []
    print(f"{'':34} {'':10} median of {chosen.rounds} rounds (min–max); the last column says how many times better Lathe is")
    for name in chosen.only:
        found = COMPARISONS[name](bench)
        for row in found:
            print(row.line(), flush=True)
        results += found
    if chosen.json:
        measured = {"machine": machine(), "options": {name: str(value) for name, value in vars(chosen).items()},
                    "measured": [row.json() for row in results]}
        chosen.json.write_text(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    main()
