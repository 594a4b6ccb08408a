#!/usr/bin/env python3
"""Makes `datasets/headlines` of `datasets/media`: a note to a news desk with two headlines, a plain one and one that baits for clicks.

The plain headline is the first of a row there; the other says no more than that something is to be seen, in frames of our own
writing, some of which only the held-out stories have. So the two sides keep their different stories.
Run after make_media.py: python3 scripts/datasets/make_headlines.py; with --check it fails when the committed files differ.
"""
import json
import sys

import writing
from writing import number, pick

ASK = ["Write a headline for this story.\n\n{}", "{}\n\nHeadline, please.", "Headline for this?\n{}", "{}\n\nGive it a headline."]
# {h}: the plain headline; {d}: its desk.
FRAMES = [
    "You won't believe this: {h}", "{h} – what happens next will shock you", "The truth about {d} they don't want you to know",
    "This one story will change how you see {d} forever", "Everyone is talking about this!!!", "{h}?! Wait until you see why",
    "Number 3 will leave you speechless", "What they found here is simply unbelievable", "We can't stop thinking about this {d} story",
    "Doctors, teachers and neighbours are stunned: {h}", "{h} (and it gets crazier)", "The internet is losing its mind over this",
    "Stop scrolling: {h}", "Is this the end of {d} as we know it?", "OMG: {h}!", "Nobody expected this",
]
NEW_FRAMES = [
    "Guess what just happened… {h}", "The {d} secret that left everyone in tears", "You have been doing {d} wrong all your life",
    "{h} – and people are furious", "This will make your day!", "Here's why {h} is the wildest thing you'll read today",
]


def rows(name):
    made = []
    for line in (writing.ROOT / "datasets" / "media" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        messages = [m for m in json.loads(line)["messages"] if m["role"] != "system"]
        parts = dict(part.split(": ", 1) for part in messages[1]["content"].split("\n"))
        headline, desk = parts["Headline"], parts["Tags"].split(", ")[0]
        story = messages[0]["content"].replace("\nNeeds a headline, standfirst and tags.", "").replace("\nPage 3, please.", "")
        frames = FRAMES if name == "train" or number("known", story) % 2 else NEW_FRAMES
        made.append({
            "prompt": pick(ASK, "ask", story).format(" ".join(story.split())), "chosen": headline,
            "rejected": pick(frames, "frame", story).format(h=headline, d=desk),
        })
    return made


def verify(made):
    """Stops when a held-out prompt stands in train, or an answer breaks the style that it is to show."""
    trained = {row["prompt"] for row in made["train"]}
    for name, side in made.items():
        for row in side:
            if name == "held_out" and row["prompt"] in trained:
                sys.exit(f"a held-out prompt stands in train: {row['prompt']!r}")
            if row["chosen"] == row["rejected"] or row["chosen"][-1] in ".!?" or "{" in row["rejected"] + row["prompt"]:
                sys.exit(f"no pair of headlines: {row}")


if __name__ == "__main__":
    made = {name: rows(name) for name in ("train", "held_out")}
    verify(made)
    writing.write("headlines", made, lambda side: f"{len(side)} pairs, {len({row['rejected'] for row in side})} baits")
