#!/usr/bin/env python3
"""Each type of an exported GGUF file, scored by Lathe and by llama.cpp on the same tokens.

    scripts/checks/llama_perplexity.py --model checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf --types fp32 Q8_0 Q4_K_M

Lathe writes the file, reads it back and scores 48 held-out rows; llama.cpp gets the very ids that Lathe scored. Their perplexities
may differ by 0.5 %; of the fp32 file both must continue a prompt with the same tokens. Needs xllamacpp and numpy.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from llama_cpp import Llama

ROOT = Path(__file__).resolve().parents[2]
TYPES = ["fp32", "bf16", "fp16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "Q5_0", "Q4_K_M", "Q4_K_S", "Q4_1", "Q4_0",
         "IQ4_NL", "IQ4_XS", "Q3_K_L", "Q3_K_M", "Q3_K_S", "Q2_K"]
MOST = 0.005


def lathe(options, *arguments):
    done = subprocess.run([options.lathe, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"lathe {' '.join(arguments)}: {done.stderr.strip()[-600:]}")
    return done.stdout


def perplexities(options, file, rows, exact):
    scored = [json.loads(line) for line in lathe(
        options, "score", "--model", str(file), "--data", str(rows), "--tokens", "--json", "--set",
        "model.precision=fp32").splitlines()]
    llama = Llama(file, context=max(len(row["ids"]) for row in scored) + 64, threads=options.threads, exact=exact)
    ours = theirs = 0.0
    count = 0
    for row in scored:
        targets = [place for place in range(1, len(row["ids"])) if row["mask"][place]]
        ours -= sum(row["logprobs"][place] for place in targets)
        theirs += sum(llama.losses(row["ids"], targets))
        count += len(targets)
    return llama, scored, math.exp(ours / count), math.exp(theirs / count)


def same_text(options, llama, scored, file):
    """Both continue the beginning of a row alike, token by token."""
    prompt = "The patient reports"
    found = json.loads(lathe(
        options, "generate", "--model", str(file), "--prompt", prompt, "--raw", "--max-new-tokens", "24", "--json",
        "--set", "model.precision=fp32"))["ids"]
    with tempfile.TemporaryDirectory() as name:
        rows = Path(name) / "prompt.jsonl"
        rows.write_text(json.dumps({"text": prompt}) + "\n")
        ids = json.loads(lathe(
            options, "score", "--model", str(file), "--data", str(rows), "--tokens", "--json", "--set",
            "data.format=text").splitlines()[0])["ids"]
    ids = ids[:-1] if options.ends_texts else ids
    expected = llama.greedy(ids, len(found))
    return found == expected, found, expected


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--adapter")
    parser.add_argument("--data", default="datasets/health/held_out.jsonl")
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--checked", type=int, default=8, help="rows of the export's own check, whose divergence is told")
    parser.add_argument("--types", nargs="+", default=TYPES)
    parser.add_argument("--lathe", default=str(ROOT / ".build/release/lathe"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument(
        "--ends-texts", action="store_true", default=True, help="a text row of this model ends with a token of its own")
    parser.add_argument("--texts-do-not-end", dest="ends_texts", action="store_false")
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="lathe-types-") as name:
        rows = Path(name) / "rows.jsonl"
        lines = open(options.data).readlines()[: options.rows]
        rows.write_text("".join(lines))
        few = Path(name) / "few.jsonl"
        few.write_text("".join(lines[: options.checked]))
        for kind in options.types:
            file = Path(name) / f"{kind}.gguf"
            adapter = ["--adapter", options.adapter] if options.adapter else []
            report = json.loads(lathe(
                options, "export", "--model", options.model, *adapter, "--format", "gguf", "--type", kind, "--out",
                str(file), "--data", str(few), "--allow-near-no-op", "--json"))
            llama, scored, ours, theirs = perplexities(options, file, rows, exact=kind == "fp32")
            difference = theirs / ours - 1
            line = (f"{kind:7} {report['bytes'] / 1e6:8.1f} MB  perplexity {ours:9.4f}, llama.cpp {theirs:9.4f} "
                    f"({100 * difference:+.3f}%)  mean KLD {report['check']['mean_kld']:.5f}")
            if abs(difference) > MOST:
                wrong += 1
                line += "  WRONG"
            if kind == "fp32":
                same, found, expected = same_text(options, llama, scored, file)
                line += "  greedy text " + ("equal" if same else f"WRONG: {found} and {expected}")
                wrong += not same
            print(line, flush=True)
            llama.close()
            file.unlink()
            Path(str(file) + ".manifest.json").unlink(missing_ok=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
