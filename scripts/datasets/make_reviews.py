"""Makes `datasets/reviews`: customers' words on goods and delivery, each positive, negative or mixed.

Sentences stand in `reviews.txt`, those of the training rows apart from those of the held-out rows, and so do the goods: no held-out sentence
and no held-out product stands in a training row. A mixed review praises one thing and complains of another. See
`datasets/reviews/README.md`.
"""

import pathlib
import re
import sys

import writing
from writing import hurried, number, pick, shuffled, table

HERE = pathlib.Path(__file__).resolve().parent
GOODS = {
    "train": ["kettle", "rucksack", "desk lamp", "rain jacket", "air fryer", "yoga mat", "headset", "tent", "coffee grinder", "bike light",
              "bookshelf", "wallet"],
    "held_out": ["toaster", "suitcase", "office chair", "wool scarf", "blender", "camping stove", "keyboard", "garden hose"],
}
# Tellings of each sentence.
TOLD = {"train": 5, "held_out": 3}
JOINTS = {"train": ["{a} But {b}", "{a} Then again, {b}", "{a} Still, {b}"], "held_out": ["{a} Having said that, {b}", "{a} On the other hand {b}"]}

# What a telling begins with, the first with nothing.
OPENINGS = {"train": ["", "Bought a {product}. ", "On the {product}: ", "The {product} came last week. ", "Ordered the {product} for my son. "],
            "held_out": ["", "Got the {product} for my flat. ", "My verdict on the {product}: "]}


def lowered(text):
    """The sentence after a comma or a joint: `I` stays."""
    return text if re.match(r"I\b", text) else text[0].lower() + text[1:]


def sentences():
    kinds = {}
    for row in table((HERE / "reviews.txt").read_text(), ["side", "label", "text"]):
        kinds.setdefault((row["side"], row["label"]), []).append(row["text"])
    return kinds


def told(text, side, *key):
    text = text.replace("{product}", pick(GOODS[side], "product", *key))
    return hurried(text, *key) if number("hurried", *key) % 5 == 0 else text


def mixed(side, place, telling, kinds):
    good = pick(kinds[side, "positive"], "good", side, place, telling)
    bad = pick(kinds[side, "negative"], "bad", side, place, telling)
    first, second = (good, bad) if number("order", side, place, telling) % 2 else (bad, good)
    joint = JOINTS[side][number("joint", side, place, telling) % len(JOINTS[side])]
    return joint.replace("{a}", first).replace("{b}", lowered(second))


def rows(side, kinds):
    made, seen = [], set()

    def add(text, label, *key):
        text = told(text, side, *key)
        if text not in seen:
            seen.add(text)
            made.append({"text": text, "label": label})

    for label in ("positive", "negative"):
        for place, sentence in enumerate(kinds[side, label]):
            for telling in range(TOLD[side]):
                add(OPENINGS[side][telling] + sentence, label, label, side, place, telling)
    for place in range(len(kinds[side, "positive"])):
        for telling in range(TOLD[side]):
            add(OPENINGS[side][telling] + mixed(side, place, telling, kinds), "mixed", "mixed", side, place, telling)
    return shuffled(made, "reviews")


def verify(made, kinds):
    for (side, label), own in kinds.items():
        other = kinds["held_out" if side == "train" else "train", label]
        if set(own) & set(other):
            sys.exit(f"a sentence stands on both sides: {sorted(set(own) & set(other))}")
    if set(GOODS["train"]) & set(GOODS["held_out"]):
        sys.exit("a product stands on both sides")
    texts = [{row["text"].lower() for row in made[side]} for side in ("train", "held_out")]
    if texts[0] & texts[1]:
        sys.exit(f"a review stands on both sides: {sorted(texts[0] & texts[1])}")
    for row in made["train"] + made["held_out"]:
        if "{" in row["text"] or "  " in row["text"]:
            sys.exit(f"unfilled slot or stray space: {row['text']!r}")


def summary(rows):
    count = {label: sum(row["label"] == label for row in rows) for label in ("positive", "negative", "mixed")}
    return f"{len(rows)} rows: " + ", ".join(f"{label} {n}" for label, n in count.items())


if __name__ == "__main__":
    kinds = sentences()
    made = {side: rows(side, kinds) for side in ("train", "held_out")}
    verify(made, kinds)
    writing.write("reviews", made, summary)
