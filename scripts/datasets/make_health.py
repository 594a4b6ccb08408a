"""Makes `datasets/health`: messages to a clinic desk, answered by a triage note in house style.

Each line of `health_train.txt` and `health_held_out.txt` is one situation, written by hand; this script says it
for different people, in several manners, once or over two turns. See `datasets/health/README.md`.
"""

import pathlib

import writing
from writing import chance, chat, hurried, number, pick

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ["people", "times", "text", "urgency", "summary", "next", "ask"]
FORMS_IN_TRAIN = 3
SYSTEM = "You work at the desk of a clinic. Answer each message with a triage note in house style."

# who: how the text names them, pronouns (they, my, me), the label in the note, ages
SELF = ("I", "I", "my", "me", "Adult", range(19, 63))
PEOPLE = {
    "s": [SELF],
    "a": [SELF, ("My husband", "he", "his", "him", "Man", range(28, 66)), ("My wife", "she", "her", "her", "Woman", range(27, 64)),
          ("My flatmate", "she", "her", "her", "Woman", range(20, 34)), ("My brother", "he", "his", "him", "Man", range(21, 58))],
    "c": [("My son", "he", "his", "him", "Boy", range(3, 13)), ("My daughter", "she", "her", "her", "Girl", range(3, 13)),
          ("Our little one", "she", "her", "her", "Girl", range(2, 5)), ("My grandson", "he", "his", "him", "Boy", range(3, 11))],
    "e": [("My mother", "she", "her", "her", "Woman", range(67, 90)), ("My father", "he", "his", "him", "Man", range(68, 91)),
          ("My neighbour", "she", "her", "her", "Woman", range(70, 88)), ("Grandad", "he", "his", "him", "Man", range(74, 93))],
    "o": [("My husband", "he", "his", "him", "Man", range(28, 66)), ("My sister", "she", "her", "her", "Woman", range(19, 50)),
          ("A friend of mine", "he", "his", "him", "Man", range(20, 40))],
    "w": [("I", "I", "my", "me", "Woman", range(19, 42)), ("My sister", "she", "her", "her", "Woman", range(20, 45)), ("My wife", "she", "her", "her", "Woman", range(24, 44))],
    "v": [("I", "I", "my", "me", "Woman", range(45, 57)), ("My wife", "she", "her", "her", "Woman", range(45, 57)),
          ("My sister", "she", "her", "her", "Woman", range(46, 56))],
    "m": [("I", "I", "my", "me", "Man", range(44, 71)), ("My dad", "he", "his", "him", "Man", range(49, 80)), ("My husband", "he", "his", "him", "Man", range(35, 72))],
    "b": [("My baby boy", "he", "his", "him", "Baby", range(3, 12)), ("My baby daughter", "she", "her", "her", "Baby", range(3, 12))],
}
OPENINGS = ["", "", "Hello, ", "Hi there. ", "Good morning. ", "Hi, sorry to bother you. ", "Dear desk team, ", "Good afternoon, "]
CLOSINGS = ["", "", "What should we do?", "Can someone ring me back?", "Do I need to come in?", "Is there a slot free?", "Not sure if this can wait.",
            "Thanks for any help.", "Please advise."]
FRAMES = ["{}", "{}", "{}", "Message left on the web form: {}", "Voicemail, {hour}: {}", "Subject: question for the desk. {}", "Text to the practice: {}"]
FIRST_LINES = ["{}", "Hello. {}", "Hi, quick one. {}", "Morning, {}"]


def said(situation, key):
    """The first and second half of what is written to the desk, the note that answers it, and what the desk asks between."""
    first, they, my, me, label, ages = pick(PEOPLE[pick(situation["people"], "group", *key)], "person", *key)
    self_told = first == "I"
    age = ages[number("age", *key) % len(ages)]
    time = pick([t.strip() for t in situation["times"].split(",")], "time", *key)
    unit = " months" if label == "Baby" else ""
    slots = {
        "I": first if self_told else f"{first} ({age}{unit})",
        "They": they[0].upper() + they[1:], "they": they, "my": my, "My": my.capitalize(), "me": me,
        "have": "have" if self_told else "has", "was": "was", "am": "am" if self_told else "is", "do": "do" if self_told else "does",
        "s": "" if self_told else "s", "es": "" if self_told else "es", "self": {"my": "myself", "his": "himself", "her": "herself"}[my], "d": time,
    }
    text = situation["text"].format(**slots)
    tells_age = not self_told or chance(50, "tells", *key)
    if self_told and tells_age:
        text = pick([f"I'm {age}. ", f"I am {age}. ", f"{age} year old here. "], "says", *key) + text
    who = f"{label}, {age}{unit}" if tells_age else label
    note = f"Summary: {who}; {situation['summary']}.\nUrgency: {situation['urgency']}\nNext step: {situation['next']}."
    head, _, tail = text.partition(" // ")
    return head, tail, note.format(**slots), situation["ask"].format(**slots)


def row(situation, *key):
    head, tail, note, ask = said(situation, key)
    system = SYSTEM if chance(30, "system", *key) else None
    if tail and ask and chance(40, "turns", *key):
        first = pick(FIRST_LINES, "first", *key).format(head)
        if chance(30, "hurry", *key):
            tail = hurried(tail, *key)
        return chat(first, f"Question: {ask}?", tail, note, system=system)
    text = pick(OPENINGS, "open", *key) + f"{head} {tail}".strip()
    closing = pick(CLOSINGS, "close", *key)
    text = f"{text} {closing}".strip()
    if chance(25, "hurry", *key):
        text = hurried(text, *key)
    hour = f"{7 + number('hour', *key) % 11}:{number('minute', *key) % 60:02d}"
    return chat(pick(FRAMES, "frame", *key).format(text, hour=hour), note, system=system)


def check_answer(text):
    """What breaks the house style in an answer, or nothing."""
    lines = text.split("\n")
    if len(lines) == 1:
        return None if text.startswith("Question: ") and text.endswith("?") else "not a question"
    if len(lines) != 3 or [line.split(":")[0] for line in lines] != ["Summary", "Urgency", "Next step"]:
        return "not the three lines of a note"
    if lines[1] not in ("Urgency: routine", "Urgency: soon", "Urgency: urgent"):
        return "unknown urgency"
    starts = {"routine": ("Book", "Pharmacist", "Admin"), "soon": ("Nurse call", "Appointment"), "urgent": ("Emergency", "Duty doctor")}
    if not lines[2].removeprefix("Next step: ").startswith(starts[lines[1].removeprefix("Urgency: ")]):
        return "next step does not fit the urgency"
    return None


def situations(name):
    return writing.table((HERE / name).read_text(encoding="utf-8"), COLUMNS)


train = [row(s, "train", s["text"], form) for s in situations("health_train.txt") for form in range(FORMS_IN_TRAIN)]
held_out = [row(s, "held out", s["text"]) for s in situations("health_held_out.txt")]

if __name__ == "__main__":
    writing.main("health", train, held_out, check_answer)
