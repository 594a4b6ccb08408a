#!/usr/bin/env python3
"""A reference file that Lathe wrote, read as llama.cpp's `--kl-divergence-base` is, and held against llama.cpp's own numbers.

    scripts/checks/llama_reference.py --model tiny.f32.gguf

Lathe writes log-probabilities of the model for some rows; llama.cpp computes the same chunks. The numbers may differ by what fp32
and 16 bits do, and the mean divergence of the two is next to nothing. Needs xllamacpp and numpy.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
from llama_cpp import Llama

ROOT = Path(__file__).resolve().parents[2]


class Reference:
    """The file by its description: mark, sizes, tokens, then a row of scale, least and 16-bit numbers for each target."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        assert data[:8] == b"_logits_", "no reference file"
        self.context, self.vocabulary, self.chunks = (int(n) for n in numpy.frombuffer(data, "<i4", 3, 8))
        count = self.context * self.chunks
        self.tokens = numpy.frombuffer(data, "<i4", count, 20).reshape(self.chunks, self.context)
        self.first = self.context // 2
        rows = self.context - 1 - self.first
        width = 2 * ((self.vocabulary + 1) // 2) + 4
        halves = numpy.frombuffer(data, "<u2", -1, 20 + 4 * count).reshape(self.chunks, rows, width)
        scales = numpy.ascontiguousarray(halves[..., :4]).view("<f4")
        self.log_probabilities = scales[..., :1] * halves[..., 4:4 + self.vocabulary] + scales[..., 1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default=str(ROOT / "Tests/TestSupport/TinyModel/tiny.f32.gguf"))
    parser.add_argument("--data", help="rows; by default lines of the README, for which a model needs no chat template")
    parser.add_argument("--lathe", default=str(ROOT / ".build/release/lathe"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lathe-reference-") as name:
        kept = Path(name) / "kept.kld"
        data = options.data or Path(name) / "lines.jsonl"
        if not options.data:
            lines = [line for line in (ROOT / "README.md").read_text().splitlines() if len(line) > 80][:40]
            data.write_text("".join(json.dumps({"text": line}) + "\n" for line in lines))
        done = subprocess.run(
            [options.lathe, "export", "--model", options.model, "--format", "gguf", "--type", "fp32", "--out",
             f"{name}/m.gguf", "--data", str(data), "--reference-out", str(kept), "--json"],
            capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        reference = Reference(kept)
        llama = Llama(f"{name}/m.gguf", context=reference.context + 8, threads=os.cpu_count(), exact=True)
        worst, divergences = 0.0, []
        for chunk, tokens in enumerate(reference.tokens):
            ids = [int(token) for token in tokens]
            if llama.begin is not None:
                ids[0] = llama.begin
            theirs = llama.log_probabilities(ids)[reference.first:-1]
            ours = reference.log_probabilities[chunk].astype(numpy.float64)
            near = theirs > theirs.max(1, keepdims=True) - 15
            worst = max(worst, float(numpy.abs(ours - theirs)[near].max()))
            kept_share = numpy.where(ours > -16, numpy.exp(ours), 0)
            divergences += list((kept_share * (ours - theirs)).sum(1))
        llama.close()
        print(f"{reference.chunks} chunks of {reference.context} tokens: log-probabilities differ by {worst:.2e} at most, "
              f"mean divergence {numpy.mean(divergences):.2e}")
        sys.exit(0 if worst < 0.02 and abs(numpy.mean(divergences)) < 1e-4 else 1)


if __name__ == "__main__":
    main()
