#!/usr/bin/env python3
"""What each rule of rounding costs a fine-tune: one model and adapter, written in several types by every rule.

Each file is scored by `lathe export` itself on held-out rows: its loss beside that of base + adapter, the divergence of its
predictions, and what share of the adapter's gain it keeps.
Run: python3 scripts/checks/rounding_rules.py --model M --adapter A --train ROWS --held-out ROWS [TYPE …]
"""
import argparse
import json
import pathlib
import subprocess
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[2]
RULES = {"nearest": [], "weighed": ["--calibrate", "TRAIN"], "feedback": ["--calibrate", "TRAIN", "--rounding", "feedback"]}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--adapter", required=True)
    parser.add_argument("--train", required=True, help="rows that the columns are weighed over")
    parser.add_argument("--held-out", required=True, help="rows that the files are scored on")
    parser.add_argument("--lathe", default=str(root / ".build" / "release" / "lathe"))
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="as lathe takes it")
    parser.add_argument("types", nargs="*", default=["Q4_0", "Q4_K_M"])
    return parser.parse_args()


def exported(options, kind, rule, folder):
    """The report of one export, and how many seconds it took."""
    flags = [options.train if flag == "TRAIN" else flag for flag in RULES[rule]]
    settings = [part for setting in options.set for part in ("--set", setting)]
    began = time.monotonic()
    run = subprocess.run(
        [options.lathe, "export", "--model", options.model, "--adapter", options.adapter, "--format", "gguf", "--type",
         kind, "--out", f"{folder}/{rule}.gguf", "--data", options.held_out, "--allow-near-no-op", "--json", "--quiet",
         *flags, *settings], capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(run.stderr)
    return json.loads(run.stdout), time.monotonic() - began


def main():
    options = arguments()
    print("type     rule      MB      loss    written  kept    KLD mean  KLD 99%  same first  survives  seconds")
    for kind in options.types:
        for rule in RULES:
            with tempfile.TemporaryDirectory() as folder:
                report, seconds = exported(options, kind, rule, folder)
            check = report["check"]
            kept, survives = check.get("gain_kept"), check.get("surviving_share")
            print(f"{kind:8} {rule:9} {report['bytes'] / 1e6:6.1f}  {check['reference_loss']:.4f}  "
                  f"{check['written_loss']:.4f}  {'—' if kept is None else f'{kept:4.0%}':6}  {check['mean_kld']:.5f}   "
                  f"{check['p99_kld']:.4f}   {check['top1_agreement']:.2%}      "
                  f"{'—' if survives is None else f'{survives:.0%}':8}  {seconds:.0f}", flush=True)


if __name__ == "__main__":
    main()
