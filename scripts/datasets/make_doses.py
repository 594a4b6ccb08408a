"""Makes `datasets/doses`: sums of dose arithmetic, each with the dose that is right.

Every sum is a product of two whole numbers: a child's weight and a dose for each kilogram, tablets and the strength of one, doses a day
and the size of one. No pair of numbers of a held-out row stands in a training row of any kind, in either order, so who is right has
calculated, and not remembered. See `datasets/doses/README.md`.
"""

import sys

import writing
from writing import number, pick, shuffled

# How a kind is told; {a} and {b} are the factors.
TOLD = {
    "weight": [
        "A child weighs {a} kg. The dose is {b} mg for each kg. One dose is {a} x {b} =",
        "Weight {a} kg, {b} mg for each kg. The dose: {a} x {b} =",
        "The leaflet says {b} mg for each kg, the child has {a} kg. So one dose is {a} x {b} =",
    ],
    "tablets": [
        "{a} tablets of {b} mg are {a} x {b} =",
        "One tablet holds {b} mg. The patient takes {a}. The dose is {a} x {b} =",
        "The pharmacist hands out {a} tablets with {b} mg each. That is {a} x {b} =",
    ],
    "day": [
        "{a} doses a day of {b} mg each. In a day that is {a} x {b} =",
        "A patient takes {b} mg, {a} times a day. The dose of a day: {a} x {b} =",
    ],
}
FACTORS = {
    "weight": (range(6, 41), [2, 3, 4, 5, 6, 8, 10, 12, 15]),
    "tablets": (range(2, 10), [5, 10, 15, 20, 25, 30, 40, 50, 75, 80]),
    "day": (range(2, 7), [35, 45, 60, 65, 90, 120, 125, 150, 160, 250]),
}
# So many rows of each kind.
ROWS = {"train": {"weight": 180, "tablets": 50, "day": 26}, "held_out": {"weight": 64, "tablets": 16, "day": 12}}


def is_held_out(a, b):
    """Whether rows of these factors are held out: three in ten pairs."""
    return number("pair", *sorted((a, b))) % 10 < 3


def row(kind, a, b):
    told = pick(TOLD[kind], "told", kind, a, b)
    return {"prompt": told.format(a=a, b=b), "answer": f" {a * b} mg", "dose": a * b}


def rows(side):
    made = []
    for kind, count in ROWS[side].items():
        pairs = [(a, b) for a in FACTORS[kind][0] for b in FACTORS[kind][1] if is_held_out(a, b) == (side == "held_out")]
        chosen = sorted(pairs, key=lambda pair: number("chosen", kind, *pair))[:count]
        if len(chosen) < count:
            sys.exit(f"{side}: {len(chosen)} pairs of {kind}, {count} are wanted")
        made += [row(kind, a, b) for a, b in chosen]
    return shuffled(made, "doses", side)


made = {side: rows(side) for side in ROWS}
prompts = [row["prompt"] for side in made for row in made[side]]
if len(set(prompts)) < len(prompts):
    sys.exit("a prompt stands twice")
writing.write("doses", made, lambda rows: f"{len(rows)} rows")
