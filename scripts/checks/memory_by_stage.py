#!/usr/bin/env python3
"""Holds the memory that `lathe plan` predicts for each stage against what `lathe run` then holds.

    scripts/checks/memory_by_stage.py RECIPE.yaml [--model MODEL] [--lathe .build/release/lathe] [--set key=value ...]

The run goes into checkpoints/memory-check of the working directory. A stage's peak is the resident memory that the system counted
while it ran (VmHWM, begun anew with each stage), pages of mapped files included. Exit code 1 where one is off by more than 10%.
scripts/checks/half_billion_model.py makes a model of half a billion weights to check with.
"""
import argparse
import json
import subprocess
import sys

TOLERANCE = 0.10


def lathe(command, arguments, sets):
    flags = [part for key in sets for part in ("--set", key)]
    result = subprocess.run([command, *arguments, "--json", "--quiet", *flags], capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(arguments)} ended with {result.returncode}:\n{result.stderr}")
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe")
    parser.add_argument("--model")
    parser.add_argument("--lathe", default=".build/release/lathe")
    parser.add_argument("--set", action="append", default=[], metavar="key=value")
    arguments = parser.parse_args()
    sets = ["name=memory-check", *arguments.set] + ([f"model.path={arguments.model}"] if arguments.model else [])
    plan = lathe(arguments.lathe, ["plan", arguments.recipe], sets)
    run = lathe(arguments.lathe, ["run", arguments.recipe, "--fresh"], sets)
    measured = {stage["name"]: stage["peak_memory_bytes"] for stage in run["stages"]}
    wrong = 0
    print(f"{'stage':10} {'predicted':>12} {'mapped':>12} {'measured':>12}  off by")
    for stage in plan["stages"]:
        peak, predicted = measured.get(stage["name"], 0), stage["predicted_peak_bytes"]
        off = predicted / peak - 1 if peak else float("inf")
        wrong += abs(off) > TOLERANCE
        print(f"{stage['name']:10} {predicted:12,} {stage['mapped_bytes']:12,} {peak:12,}  {off:+.1%}")
    print(f"{'all':10} {plan['predicted_peak_bytes']:12,} {'':12} {run['peak_memory_bytes']:12,}")
    print(f"seconds: {plan['predicted_seconds']:.0f} predicted")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
