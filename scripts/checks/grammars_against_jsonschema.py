#!/usr/bin/env python3
"""Holds what `lathe serve` answers under JSON schemas against python's `jsonschema` (with `jsonschema[format-nongpl]`).

    grammars_against_jsonschema.py --lathe .build/release/lathe --model MODEL [--rounds 4] [SCHEMAS…]

SCHEMAS are files as `schemas.json` here and the tests' own are, which are asked where none is named, or files of the
JSON-Schema-Test-Suite. Each schema is asked for texts, hot, from different seeds: each of them must parse and conform, or be cut where
`n_predict` ends it, and say so. A schema that is not held must be refused with a word of its own.
Multiples are judged in decimal numbers: 0.07 is a multiple of 0.01, though not in binary fractions.
"""

import argparse
import collections
import concurrent.futures
import decimal
import http.client
import json
import pathlib
import signal
import subprocess
import sys

import jsonschema

FOLDER = pathlib.Path(__file__).parent
SCHEMAS = [FOLDER / "schemas.json", FOLDER.parents[1] / "Tests/GrammarsTests/Fixtures/schemas.json"]
LIMIT = 250


def multiple_of(_, divisor, instance, __):
    if isinstance(instance, bool) or not isinstance(instance, (int, float, decimal.Decimal)):
        return
    if decimal.Decimal(str(instance)) % decimal.Decimal(str(divisor)):
        yield jsonschema.ValidationError(f"{instance} is not a multiple of {divisor}")


Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"multipleOf": multiple_of})
# In which a list of items is what is a prefix today.
OldValidator = jsonschema.validators.extend(jsonschema.Draft7Validator, {"multipleOf": multiple_of})


def judge(schema):
    """What says whether values conform. OpenAPI's `nullable` is heard, which jsonschema does not know."""
    def today(part):
        if isinstance(part, list):
            return [today(value) for value in part]
        if not isinstance(part, dict):
            return part
        found = {key: today(value) for key, value in part.items() if key != "nullable"}
        return {"anyOf": [found, {"type": "null"}]} if part.get("nullable") is True else found

    def is_old(part):
        if isinstance(part, dict):
            return isinstance(part.get("items"), list) or any(map(is_old, part.values()))
        return isinstance(part, list) and any(map(is_old, part))

    kind = OldValidator if is_old(schema) else Validator
    return kind(today(schema), format_checker=kind.FORMAT_CHECKER)


def schemas_of(path):
    """Names and schemas of a file, and whether each must be refused; None where that is open."""
    document = json.loads(path.read_text())
    if isinstance(document, list):
        return [(f"{path.stem}: {entry['description']}", entry["schema"], None) for entry in document]
    held = [(entry["name"], entry["schema"], False) for entry in document["held"]]
    refused = [(entry.get("name", entry.get("keyword")), entry["schema"], True) for entry in document["refused"]]
    return held + refused


def words(schema):
    """Keywords and other names that stand in a schema, but empty ones."""
    if isinstance(schema, dict):
        return set(schema).union(*map(words, schema.values())) - {""}
    return set().union(*map(words, schema)) if isinstance(schema, list) else set()


def answer(address, schema, seed):
    connection = http.client.HTTPConnection(*address, timeout=120)
    body = {"prompt": "Once", "n_predict": LIMIT, "temperature": 2, "top_k": 0, "top_p": 1, "min_p": 0, "seed": seed,
            "json_schema": {"allOf": [schema]} if isinstance(schema, bool) else schema}
    connection.request("POST", "/completion", json.dumps(body), {"content-type": "application/json"})
    response = connection.getresponse()
    found = response.status, json.loads(response.read())
    connection.close()
    return found


def verdict(address, name, schema, must_refuse, rounds):
    """What became of a schema, and what of it is wrong."""
    wrong = []
    outcome = "held"
    for seed in range(rounds):
        status, body = answer(address, schema, seed)
        if status == 400:
            said = body["error"]["message"]
            if not any(word in said for word in words(schema)) and "conform" not in said:
                wrong.append(f"no word of the schema in: {said}")
            if must_refuse is False:
                wrong.append(f"refused: {said}")
            return "refused", wrong
        if status != 200:
            return "failed", [f"{status}: {body}"]
        text = body["content"]
        try:
            value = json.loads(text)
        except ValueError as error:
            if body["stop_type"] == "limit" and body["tokens_predicted"] >= LIMIT:
                outcome = "held, some cut"
            else:
                wrong.append(f"{error}: {text}")
            continue
        wrong += [f"{error.message}: {text}" for error in judge(schema).iter_errors(value)]
    if must_refuse:
        wrong.append("not refused")
    return outcome, wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lathe", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("schemas", nargs="*", type=pathlib.Path, default=SCHEMAS)
    options = parser.parse_args()
    entries = [entry for path in options.schemas for entry in schemas_of(path)]
    server = subprocess.Popen(
        [options.lathe, "serve", "--model", options.model, "--port", "0"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    try:
        line = next(line for line in server.stdout if "listening on" in line)
        host, port = line.split("http://")[1].split(": ")[0].strip().split(":")
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            verdicts = list(pool.map(lambda entry: verdict((host, int(port)), *entry, options.rounds), entries))
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    for (name, _, _), (outcome, wrong) in zip(entries, verdicts):
        for reason in dict.fromkeys(wrong):
            print(f"wrong: {name} ({outcome}): {reason[:400]}")
    print(dict(collections.Counter(outcome for outcome, _ in verdicts)), f"of {len(entries)} schemas,", options.rounds, "texts each")
    sys.exit(1 if any(wrong for _, wrong in verdicts) else 0)


if __name__ == "__main__":
    main()
