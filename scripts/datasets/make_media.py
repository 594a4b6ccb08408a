"""Makes `datasets/media`: notes and briefs to a news desk, answered by headline, standfirst and tags in house style.

Each line of `media_train.txt` and `media_held_out.txt` is one story, written by hand; this script sets it in different
places with different figures, as a brief, a wire item or a note, once or with a wish for a shorter headline.
See `datasets/media/README.md`.
"""

import pathlib

import writing
from writing import chance, chat, hurried, number, pick

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ["text", "headline", "standfirst", "tags", "short"]
FORMS_IN_TRAIN = 3
SYSTEM = "You sub-edit for a regional newsroom. Give headline, standfirst and three tags in house style."

DESKS = "business culture education environment health local politics science sport transport weather".split()
PLACES = ["Norrow", "Eastmere", "Pellham", "Aldersby", "Kingsford", "Tillow", "Marbridge", "Hexby", "Corran", "Stavely", "Wick Haven",
          "Low Arden", "Brankton", "Saltmouth", "Underhill", "Fenwater"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
FRAMES = ["{}", "{}", "Brief: {}", "Wire item: {}", "Notes from our reporter. {}", "For the evening page: {}", "Please write this up. {}",
          "From the inbox: {}", "{}\nNeeds a headline, standfirst and tags.", "{}\nPage 3, please.", "Top of the site: {}"]
SHORTER = ["Shorter headline, please.", "Headline is too long for mobile.", "Can the headline be half as long?", "Tighter headline for the push alert."]


def row(situation, *key):
    slots = {
        "p": pick(PLACES, "place", *key), "day": pick(DAYS, "day", *key), "n": 3 + number("n", *key) % 7,
        "k": 12 + number("k", *key) % 80, "h": (2 + number("h", *key) % 8) * 100 + (number("h", *key) // 8 % 10) * 10,
        "m": f"{1 + number('m', *key) % 9}.{1 + number('m2', *key) % 9}",
    }
    headline, standfirst, tags, short = (situation[name].format(**slots) for name in ("headline", "standfirst", "tags", "short"))
    text = situation["text"].format(**slots)
    if chance(20, "hurry", *key):
        text = hurried(text, *key)
    text = pick(FRAMES, "frame", *key).format(text)
    system = SYSTEM if chance(30, "system", *key) else None
    answer = f"Headline: {headline}\nStandfirst: {standfirst}\nTags: {tags}"
    if short and chance(40, "turns", *key):
        shorter = f"Headline: {short}\nStandfirst: {standfirst}\nTags: {tags}"
        return chat(text, answer, pick(SHORTER, "shorter", *key), shorter, system=system)
    return chat(text, answer, system=system)


def check_answer(text):
    """What breaks the house style in an answer, or nothing."""
    lines = text.split("\n")
    if len(lines) != 3 or [line.split(":")[0] for line in lines] != ["Headline", "Standfirst", "Tags"]:
        return "not the three lines of an answer"
    headline, standfirst, tags = (line.split(": ", 1)[1] for line in lines)
    if not 2 <= len(headline.split()) <= 9 or headline[-1] in ".!?":
        return "headline is too long or has an end mark"
    if not 6 <= len(standfirst.split()) <= 25 or standfirst[-1] != "." or ". " in standfirst:
        return "standfirst is not one sentence of 6 to 25 words"
    names = tags.split(", ")
    if len(names) != 3 or len(set(names)) != 3 or names[0] not in DESKS or tags != tags.lower():
        return "tags are not three small words that begin with a desk"
    return None


def situations(name):
    return writing.table((HERE / name).read_text(encoding="utf-8"), COLUMNS)


train = [row(s, "train", s["text"], form) for s in situations("media_train.txt") for form in range(FORMS_IN_TRAIN)]
held_out = [row(s, "held out", s["text"]) for s in situations("media_held_out.txt")]

if __name__ == "__main__":
    writing.main("media", train, held_out, check_answer)
