#!/usr/bin/env python3
"""A small fine-tune of a Q4_0 file, and what each way that is offered keeps of it.

    scripts/checks/small_change.py --lathe .build/release/lathe

A base is written as Q4_0 and fine-tuned a little. Written as Q4_0 once more the change is rounded away, which is refused with the
share that is left. Then each way in turn: the bytes beside those of the plain file, and the share of the gain in held-out loss.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADAPTER_TYPES = ["fp32", "fp16", "Q8_0"]
WAYS = [
    ("Q8_0 where touched", ["--touched-type", "Q8_0"]), ("Q5_0 where touched", ["--touched-type", "Q5_0"]),
    ("feedback", ["--rounding", "feedback", "--calibrate", "{train}"]),
    ("110% of the bytes", ["--target-bytes", "110%"]), ("90% of the gain", ["--target-loss", "{loss}"])]


def run(options, *arguments):
    return subprocess.run([options.lathe, *arguments], capture_output=True, text=True, cwd=ROOT)


def report(options, *arguments):
    done = run(options, *arguments, "--json")
    if done.returncode != 0:
        sys.exit(f"lathe {' '.join(arguments)}: {done.stderr}")
    return json.loads(done.stdout)


def beside_the_file(options, base, adapter, bytes_of_file, folder):
    """The adapter in a file of its own, by type: what it adds in bytes, and its gain read back, beside that of the adapter itself."""
    def gain(path):
        found = report(
            options, "evaluate", "--model", base, "--adapter", str(path), "--data", options.held_out, "--set",
            "model.precision=fp32")
        return found["base"]["loss"] - found["adapter"]["loss"]

    whole = gain(adapter)
    for kind in ADAPTER_TYPES:
        file = folder / f"adapter.{kind}.gguf"
        report(
            options, "export", "--model", base, "--adapter", adapter, "--format", "gguf-lora", "--type", kind, "--out",
            str(file))
        print(f"adapter beside the file, {kind}: {100 * gain(file) / whole:.1f}% of the gain, "
              f"{100 * file.stat().st_size / bytes_of_file:+.1f}% bytes", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--recipe", default="recipes/health-triage.yaml")
    parser.add_argument("--train", default="datasets/health/train.jsonl")
    parser.add_argument("--held-out", default="datasets/health/held_out.jsonl")
    parser.add_argument("--targets", default="all-linear", help="adapter.target_modules")
    parser.add_argument("--rate", default="2e-5", help="train.learning_rate: small")
    parser.add_argument("--steps", default="20")
    parser.add_argument("--lathe", default=str(ROOT / ".build/release/lathe"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lathe-small-") as name:
        folder = Path(name)
        base = str(folder / "base.gguf")
        report(options, "export", "--model", options.base, "--format", "gguf", "--type", "Q4_0", "--out", base)
        sets = [f"model.path={base}", "name=small-change", f"train.max_steps={options.steps}",
                f"train.learning_rate={options.rate}", f"adapter.target_modules={options.targets}"]
        trained = report(
            options, "train", options.recipe, "--fresh", *(word for key in sets for word in ("--set", key)))
        adapter = str(Path(ROOT, trained["run_directory"]) / "adapter")
        call = ["export", "--model", base, "--adapter", adapter, "--format", "gguf", "--type", "Q4_0", "--data",
                options.held_out, "--out", str(folder / "out.gguf")]
        refused = run(options, *call)
        print("Q4_0 once more:", "refused" if refused.returncode == 65 else f"ends with {refused.returncode}")
        print("   " + next((line for line in refused.stderr.splitlines() if "rounding leaves" in line), refused.stderr))
        plain = report(options, *call, "--allow-near-no-op")
        check = plain["check"]
        gain = check["base_loss"] - check["reference_loss"]
        print(f"   loss {check['base_loss']:.5f} to {check['reference_loss']:.5f}, written {check['written_loss']:.5f}, "
              f"surviving share {check['surviving_share']:.3f}, {plain['bytes']:,} bytes")
        wanted = f"{check['base_loss'] - 0.9 * gain:.6f}"
        beside_the_file(options, base, adapter, plain["bytes"], folder)
        for words, flags in WAYS:
            flags = [flag.format(train=options.train, loss=wanted) for flag in flags]
            done = run(options, *call, *flags, "--allow-near-no-op", "--json")
            if done.returncode != 0:
                print(f"{words}: {done.stderr.strip()[-200:]}")
                continue
            found = json.loads(done.stdout)
            kept = (check["base_loss"] - found["check"]["written_loss"]) / gain
            print(f"{words}: {100 * kept:.0f}% of the gain, surviving share {found['check']['surviving_share']:.3f}, "
                  f"{100 * (found['bytes'] / plain['bytes'] - 1):+.1f}% bytes", flush=True)


if __name__ == "__main__":
    main()
