#!/usr/bin/env python3
"""Holds texts that a grammar let through against python's `jsonschema` (with `jsonschema[format-nongpl]`).

    grammars_against_jsonschema.py TEXTS [SCHEMAS]

TEXTS has one JSON object a line: `name` of a schema in SCHEMAS (by default the tests' own), `text`, and whether it is `complete`.
Multiples are judged in decimal numbers: 0.07 is a multiple of 0.01, though not in binary fractions.
"""

import decimal
import json
import pathlib
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).parents[2] / "Tests/GrammarsTests/Fixtures/schemas.json"


def multiple_of(_, divisor, instance, __):
    if isinstance(instance, bool) or not isinstance(instance, (int, float, decimal.Decimal)):
        return
    if decimal.Decimal(str(instance)) % decimal.Decimal(str(divisor)):
        yield jsonschema.ValidationError(f"{instance} is not a multiple of {divisor}")


def main():
    texts = pathlib.Path(sys.argv[1]).read_text().strip("\n").split("\n")
    document = json.loads(pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else SCHEMAS).read_text())
    schemas = {entry["name"]: entry["schema"] for entry in document["held"]}
    validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"multipleOf": multiple_of})
    judges = {
        name: validator(schema, format_checker=validator.FORMAT_CHECKER) for name, schema in schemas.items()
    }
    counts = {"conform": 0, "cut": 0, "wrong": 0}
    for line in texts:
        entry = json.loads(line)
        if not entry["complete"]:
            counts["cut"] += 1
            print("cut:", entry["name"], entry["text"])
            continue
        try:
            errors = list(judges[entry["name"]].iter_errors(json.loads(entry["text"])))
        except (ValueError, TypeError) as error:
            errors = [error]
        counts["wrong" if errors else "conform"] += 1
        for error in errors:
            print("wrong:", entry["name"], entry["text"], getattr(error, "message", error))
    names = {json.loads(line)["name"] for line in texts}
    print(f"{counts}, {len(names)} of {len(schemas)} schemas")
    sys.exit(1 if counts["wrong"] or len(names) < len(schemas) else 0)


if __name__ == "__main__":
    main()
