#!/usr/bin/env python3
"""Holds the schema that `lathe recipe schema` prints against recipes.

    scripts/checks/recipe_schema.py .build/release/lathe recipes/*.yaml

Every recipe must fit it, and stop fitting when a key of it is misspelt. Needs jsonschema and ruamel.yaml (YAML 1.2).
"""

import json
import subprocess
import sys

import jsonschema
from ruamel.yaml import YAML


def misspelt(value):
    """Copies of a recipe, each with one key that does not exist."""
    if isinstance(value, dict):
        for key in value:
            yield {(k + "z" if k == key else k): v for k, v in value.items()}
            for inner in misspelt(value[key]):
                yield {**value, key: inner}
    elif isinstance(value, list):
        for index, element in enumerate(value):
            for inner in misspelt(element):
                yield [*value[:index], inner, *value[index + 1 :]]


def main():
    lathe, *recipes = sys.argv[1:]
    schema = json.loads(subprocess.run([lathe, "recipe", "schema"], check=True, capture_output=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    faults = 0
    for path in recipes:
        with open(path, encoding="utf-8") as file:
            recipe = YAML(typ="safe", pure=True).load(file)
        errors = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(recipe)]
        copies = list(misspelt(recipe))
        # Mappings whose keys the person chooses, such as roles, take any.
        taken = sum(validator.is_valid(copy) for copy in copies)
        print(f"{path}: {'; '.join(errors) or 'fits'}; {len(copies) - taken} of {len(copies)} misspelt copies do not")
        faults += len(errors) + (2 * taken > len(copies))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
