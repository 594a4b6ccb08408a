"""Rows cleaned by Lathe and by Python: near-duplicates with datasketch, and normalise + filter + exact deduplication."""
import json
import pathlib
import sys

from rounds import Bench, Row

THRESHOLD, BANDS, ROWS_PER_BAND = 0.8, 32, 8
STEPS = {
    "near": f"    - deduplicate: {{ by: near, threshold: {THRESHOLD} }}\n",
    "exact": "    - normalise\n    - filter: { min_characters: 20, min_alphanumeric: 0.3 }\n    - deduplicate\n",
}


def compare_preparation(bench: Bench) -> list:
    """Whole processes: reading the file, finding, writing what stays. Lathe on one core, as Python is."""
    data = bench.work / "rows.jsonl"
    size = bench.chosen.megabytes
    if not data.exists() or abs(data.stat().st_size / 1e6 - size) > 1:
        bench.note(f"writing {size} MB of rows")
        bench.run(sys.executable, bench.root / "scripts/datasets/many_rows.py", data, "--megabytes", size)
    megabytes = data.stat().st_size / 1e6
    found = []
    peers = {
        "near": {"datasketch, same plan": ["near_duplicates.py", "--bands", BANDS, "--rows", ROWS_PER_BAND],
                 "datasketch, as usual": ["near_duplicates.py"]},
        "exact": {"Python": ["clean_rows.py"]},
    }
    for name, programs in peers.items():
        recipe = bench.work / f"{name}.yaml"
        recipe.write_text(f"name: {name}\nmodel: {{ path: none }}\ndata:\n  train: {json.dumps(str(data))}\n"
                          f"  steps:\n{STEPS[name]}")
        rates, kept = {peer: [[], []] for peer in programs}, {peer: [[], []] for peer in programs}
        for round_number in range(bench.chosen.rounds):
            bench.note(f"{name}, round {round_number + 1}")
            for peer, words in programs.items():
                ours = bench.run("taskset", "-c", "0", bench.lathe, "prepare", recipe, "--export", "jsonl", "--json")
                out = bench.work / "python.jsonl"
                theirs = bench.python(words[0], "--data", data, "--out", out, *words[1:])
                bench.note(f"   Lathe {ours.seconds:.1f} s, {peer} {theirs.seconds:.1f} s")
                for side, ran in enumerate((ours, theirs)):
                    rates[peer][side].append(megabytes / ran.seconds)
                mine = ids(bench.work / f"checkpoints/{name}/rows/train.jsonl")
                kept[peer][0].append(theirs.output["rows"] - len(mine))
                kept[peer][1].append(theirs.output["duplicates"])
                bench.note(f"   kept by one alone: {len(mine ^ ids(out))} of {theirs.output['rows']} rows")
        label = "near-duplicates" if name == "near" else "normalise, filter, exact"
        for peer in programs:
            found.append(Row(label, "MB/s", peer, *rates[peer]))
            found.append(Row(f"{label}: rows removed", "rows", peer, *kept[peer]))
    return found


def ids(path: pathlib.Path) -> set:
    with open(path, encoding="utf-8") as lines:
        return {json.loads(line)["id"] for line in lines}
