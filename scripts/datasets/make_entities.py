"""Makes `datasets/entities`: sentences of clinic notes and messages in which drugs, doses, frequencies, symptoms, dates and tests are marked.

The words of `entities.txt` are set into the sentences below, those of the training rows into other sentences than those of the held-out
rows. No held-out word stands in a training row, so that only who has understood the sentence finds it. See `datasets/entities/README.md`.
"""

import pathlib
import re
import sys

import writing
from writing import number, shuffled, table

HERE = pathlib.Path(__file__).resolve().parent
NAMES = {"train": ["Mrs Adler", "Mr Quinn", "Tom", "Amina", "my father", "the patient", "Lucy", "Mr Osei", "Mrs Field"],
         "held_out": ["Mr Tanaka", "Mrs Lopez", "Yusuf", "my aunt", "the gentleman", "Greta"]}
TOLD = {"train": 10, "held_out": 6}

SENTENCES = {
    "train": """
{who} takes {drug} {dose} {frequency}.
Started {drug} {dose} {frequency} for {symptom}.
Please repeat the prescription of {drug} {dose}, {frequency}.
Complains of {symptom} and {symptom} {date}.
{Who} has had {symptom} {date} and no {symptom}.
{test} done {date}, result normal.
Stop {drug} because of {symptom}.
I forgot my {drug} {date}, should I take {dose} now?
Increase {drug} to {dose} {frequency} and book a {test}.
No {symptom}, no {symptom}, eats well.
{drug} was changed to {drug} {date}.
The {test} of {date} was fine; continue {drug}.
Seen {date} with {symptom}; given {drug} {dose}.
My daughter has {symptom}, can she have {drug}?
{Who} was told to take {drug} {frequency}, but {symptom} got worse.
Allergic to {drug}: {symptom} and {symptom} after {dose}.
Could you send the result of my {test}? It was done {date}.
Plan: {test}, then review {date}.
Out of {drug} {date}; last dose {dose}.
Still {symptom} despite {drug} {dose} {frequency}.
Called about {symptom}. Advised {drug} {dose} {frequency}.
Reduce {drug} from {dose} to {dose}.
{Who} stopped {drug} {date} and feels better.
Needs a {test} before we restart {drug}.
The pharmacy had no {drug}, so {who} took {drug}.
The appointment {date} is for a {test}.
{symptom} began {date}, an hour after {drug}.
{Who} came for the form and asked nothing else.
Please ring the desk about the bill.
{drug} {dose}, {drug} {dose} and {drug} {frequency}.
Missed the visit; new time agreed with {who}.
Worse with {symptom}; {test} ordered.
We talked about sleep and work, nothing new.
{Who} prefers {drug} over {drug} since {symptom} stopped.
Takes {dose} of {drug} {frequency} and sleeps well.
Booked {test} {date}; nothing to eat before.
""",
    "held_out": """
{Who} is on {drug}, {dose} {frequency}, and tolerates it.
Presented {date} with {symptom} but without {symptom}.
After {drug} was given, the {symptom} went away.
We ordered a {test} {date} and will phone.
Give {dose} of {drug} {frequency} until {symptom} settles.
Is it safe to take {drug} together with {drug}?
{symptom} and {symptom} kept {who} awake.
The dose of {drug} was raised to {dose} {date}.
{Who} asks whether the {test} shows why there is {symptom}.
Last {drug} {date}; {symptom} has come back.
{drug} {frequency} made the {symptom} worse, so we stopped it.
A {test} is due; bring the {drug} with you.
{Who} only wants to change the address.
New today: {symptom}. Old: {symptom}. Takes {drug}.
The letter says {drug} {dose}, the box says {dose}.
Nothing new to report from {who}.
""",
}


def words():
    kinds = {}
    for row in table((HERE / "entities.txt").read_text(), ["kind", "train", "held_out"]):
        kinds[row["kind"]] = {side: [word.strip() for word in row[side].split(";")] for side in ("train", "held_out")}
    return kinds


def filled(sentence, side, key, kinds):
    """The sentence with its slots filled, and where they are."""
    text, spans, used = "", [], set()
    for place, part in enumerate(re.split(r"(\{\w+\})", sentence)):
        if not part.startswith("{"):
            text += part
            continue
        kind = part[1:-1]
        if kind.lower() == "who":
            word = NAMES[side][number("who", *key) % len(NAMES[side])]
            text += word[0].upper() + word[1:] if kind == "Who" or not text else word
            continue
        options = [word for word in kinds[kind][side] if word not in used]
        word = options[number(kind, place, *key) % len(options)]
        used.add(word)
        spans.append({"start": len(text), "end": len(text) + len(word), "label": kind.upper()})
        text += word[0].upper() + word[1:] if not text and number("capital", *key) % 2 else word
    return {"text": text, "spans": spans}


def rows(side, kinds):
    made, seen = [], set()
    for line, sentence in enumerate(SENTENCES[side].strip().splitlines()):
        for telling in range(TOLD[side] * 2):
            row = filled(sentence, side, (side, line, telling), kinds)
            if row["text"] in seen or sum(1 for text, at in made if at == line) >= TOLD[side]:
                continue
            seen.add(row["text"])
            made.append((row, line))
    return shuffled([row for row, _ in made], "entities")


def verify(train, held_out, kinds):
    for kind, sides in kinds.items():
        both = {word.lower() for word in sides["train"]} & {word.lower() for word in sides["held_out"]}
        if both:
            sys.exit(f"words of {kind} on both sides: {sorted(both)}")
    trained = " ".join(row["text"].lower() for row in train)
    for row in held_out:
        for span in row["spans"]:
            word = row["text"][span["start"]:span["end"]].lower()
            if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", trained):
                sys.exit(f"a held-out {span['label']} stands in the training rows: {word}")
    sentences = {line for side in SENTENCES for line in SENTENCES[side].strip().splitlines()}
    if len(sentences) != sum(len(text.strip().splitlines()) for text in SENTENCES.values()):
        sys.exit("a sentence stands twice")


def summary(rows):
    spans = [span for row in rows for span in row["spans"]]
    count = {kind: sum(span["label"] == kind for span in spans) for kind in sorted({span["label"] for span in spans})}
    return f"{len(rows)} rows, {len(spans)} spans: " + ", ".join(f"{kind} {n}" for kind, n in count.items())


if __name__ == "__main__":
    kinds = words()
    made = {side: rows(side, kinds) for side in ("train", "held_out")}
    verify(made["train"], made["held_out"], kinds)
    writing.write("entities", made, summary)
