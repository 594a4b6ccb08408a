#!/usr/bin/env python3
"""What a capture costs beside scoring the same rows: seconds of CPU of the whole commands, in turn, and bytes a token on disk.

    scripts/checks/capture_speed.py --lathe .build/release/lathe [--rows 48] [--times 3]

The teacher is the base itself, under another name. `lathe capture` hashes its file, prepares the rows and writes them beside what
`lathe score` does. CPU seconds do not depend on what else runs on the machine; the clock does.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(work, *arguments):
    """Standard output, seconds of CPU, seconds."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=work)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: {done.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, cpu, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathe", default=".build/release/lathe")
    parser.add_argument("--base", default=str(ROOT / "checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf"))
    parser.add_argument("--data", default=str(ROOT / "datasets/health/train.jsonl"))
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    lathe = str(Path(options.lathe).resolve())
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = work / "rows.jsonl"
        rows.write_text("".join(open(options.data).readlines()[:options.rows]))
        teacher = work / ("teacher" + Path(options.base).suffix)
        shutil.copy(options.base, teacher)
        (work / "capture.yaml").write_text(
            f"name: capture\nmodel: {{ path: {options.base} }}\ndata: {{ train: rows.jsonl, max_length: 256 }}\n"
            f"distill: {{ teacher: {teacher} }}\n")
        for keep in ["sampled", "top_k"]:
            score, capture = [], []
            for _ in range(options.times):
                score.append(run(
                    work, lathe, "score", "--model", str(teacher), "--data", "rows.jsonl", "--set", "data.max_length=256", "--quiet"))
                shutil.rmtree(work / "checkpoints", ignore_errors=True)
                capture.append(run(
                    work, lathe, "capture", "capture.yaml", "--quiet", "--json", "--set", f"distill.keep={keep}"))
            found = json.loads(capture[0][0])
            cpu = [min(sample[1] for sample in samples) for samples in (score, capture)]
            clock = [min(sample[2] for sample in samples) for samples in (score, capture)]
            print(f"{keep}: {found['target_tokens']} target tokens, {found['bytes_per_token']:.1f} bytes a token; CPU: score "
                  f"{cpu[0]:.2f} s, capture {cpu[1]:.2f} s, {100 * cpu[0] / cpu[1]:.0f}% of its speed; clock: {clock[0]:.2f} s and "
                  f"{clock[1]:.2f} s", flush=True)


main()
