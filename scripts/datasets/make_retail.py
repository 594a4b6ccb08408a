"""Makes `datasets/retail`: messages to a shop's customer service, answered by intent, reply and action in house style.

Each line of `retail_train.txt` and `retail_held_out.txt` is one situation, written by hand; this script says it
for different goods and orders, in several manners, once or over two turns. See `datasets/retail/README.md`.
"""

import pathlib
import re

import writing
from writing import chance, chat, hurried, number, pick

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = ["intent", "items", "text", "reply", "action"]
FORMS_IN_TRAIN = 3
SYSTEM = "You answer for the shop's service desk. Give intent, reply and action in house style."

INTENTS = """account_help cancel_order change_order complaint damaged_item data_request delivery_status gift_service
invoice_request loyalty_points missing_item payment_problem praise price_match product_question refund_status
repair_request return_request size_advice stock_question store_info subscription_change voucher_problem
warranty_claim wrong_item""".split()
NAMES = ["Amina", "Jonas", "Priya", "Luca", "Marta", "Tom", "Yara", "Ben", "Ines", "Kofi", "Ruth", "Sami", "Olga", "Henk"]
TOWNS = ["Norrow", "Eastmere", "Pellham", "Quarry Bay", "Aldersby", "Kingsford", "Tillow", "Marbridge"]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
OPENINGS = ["", "", "Hello, ", "Hi! ", "Good evening. ", "Hey there, ", "Dear team, ", "Hi, me again. ", "Hello shop. "]
CLOSINGS = ["", "", "Thanks, {name}", "Please help.", "Kind regards, {name}", "What now?", "Can you sort this out?", "Cheers", "{name}"]
FRAMES = ["{}", "{}", "{}", "{}", "Chat window: {}", "E-mail, subject 'Question': {}"]
ASK_ORDER = ["Happy to help. What is the order number?", "I will look at once. Which order number is it?", "Sure. Please send me the order number."]
GIVE_ORDER = ["It is {order}.", "{order}", "order {order}, sorry", "The number is {order}, thank you.", "here: {order}", "I have found it, {order}."]


def said(situation, key):
    """The two halves of a message and the answer's reply and action, all slots filled."""
    slots = {
        "item": pick([item.strip() for item in situation["items"].split(",")], "item", *key),
        "order": 10000 + number("order", *key) % 90000,
        "n": 2 + number("n", *key) % 8,
        "sum": f"{9 + number('sum', *key) % 140}.{pick(['00', '50', '90', '95'], 'cents', *key)}",
        "town": pick(TOWNS, "town", *key), "day": pick(DAYS, "day", *key), "name": pick(NAMES, "name", *key),
    }
    head, _, tail = situation["text"].partition(" // ")
    answer = f"Intent: {situation['intent']}\nReply: {situation['reply']}\nAction: {situation['action']}"
    return slots, head.format(**slots), tail.format(**slots), answer.format(**slots)


def row(situation, *key):
    slots, head, tail, answer = said(situation, key)
    system = SYSTEM if chance(30, "system", *key) else None
    hurry = chance(25, "hurry", *key)
    opening = pick(OPENINGS, "open", *key)
    if "{order}" in situation["text"].partition(" // ")[2] and chance(35, "turns", *key):
        question = f"Intent: {situation['intent']}\nReply: {pick(ASK_ORDER, 'ask', *key)}\nAction: ask(order_number)"
        first = hurried(opening + head, *key) if hurry else opening + head
        return chat(first, question, pick(GIVE_ORDER, "give", *key).format(**slots), answer, system=system)
    text = opening + f"{head} {tail}".strip()
    text = f"{text} {pick(CLOSINGS, 'close', *key).format(**slots)}".strip()
    if hurry:
        text = hurried(text, *key)
    return chat(pick(FRAMES, "frame", *key).format(text), answer, system=system)


def check_answer(text):
    """What breaks the house style in an answer, or nothing."""
    lines = text.split("\n")
    if len(lines) != 3 or [line.split(":")[0] for line in lines] != ["Intent", "Reply", "Action"]:
        return "not the three lines of an answer"
    if lines[0].removeprefix("Intent: ") not in INTENTS:
        return "unknown intent"
    if not re.fullmatch(r"Action: [a-z_]+\(([a-z_]+(=[a-z0-9_.-]+)?(, [a-z_]+=[a-z0-9_.-]+)*)?\)", lines[2]):
        return "action is not a call"
    if not 4 <= len(lines[1].split()) <= 34 or lines[1][-1] not in ".?":
        return "reply is too short, too long or has no end"
    return None


def situations(name):
    return writing.table((HERE / name).read_text(encoding="utf-8"), COLUMNS)


train = [row(s, "train", s["text"], form) for s in situations("retail_train.txt") for form in range(FORMS_IN_TRAIN)]
held_out = [row(s, "held out", s["text"]) for s in situations("retail_held_out.txt")]

if __name__ == "__main__":
    writing.main("retail", train, held_out, check_answer)
