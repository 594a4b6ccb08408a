#!/usr/bin/env python3
"""Writes the lists of names that masking knows: Sources/Preparation/Personal/Names/{GivenNames,Surnames,SurnamesFromL}.swift.

    name_lists.py        needs the Python package `names` 0.3.0 (MIT; its tables are those of the US census of 1990, public domain)
                         and the word list of Debian's package wamerican

Given names that are English words too ("Will", "Grace") are kept apart: they count only before a surname of the list.
"""

import pathlib
import sys

WORDS = pathlib.Path("/usr/share/dict/american-english")
TARGET = pathlib.Path(__file__).resolve().parents[2] / "Sources/Preparation/Personal/Names"
# Given names that are places first, or that census tables hold and texts rarely mean; with a surname of the list they still count.
PLACES = set(
    "paris florence jordan austin chelsea virginia georgia carolina israel china asia india america africa brooklyn london sydney "
    "madison dallas denver houston cleveland lincoln washington jackson jefferson columbus savannah vienna verona milan geneva troy "
    "alexandria augusta santa san los las el de la le van von st saint kelsey boston orlando phoenix reno tulsa memphis dakota montana "
    "nevada kenya ireland england france holland german germany russia texas louisiana adelaide victoria regina christian jesus mary "
    "mercedes chevy porsche tiffany monte marine july sunday monday friday english french spanish dutch irish scotland britain".split())
# Words as well, but a capital nearly always makes them names.
MOSTLY_NAMES = set(
    "john tom tony roger terry victor victoria jimmy billy ben peter rod ted harry jerry henry ralph carol bobby joseph betty eric "
    "christina regina abraham nancy jenny molly sally pete jake mike barb kelly".split())
GIVEN_COUNT, SURNAME_COUNT = 3000, 8000


def table(name):
    import names

    rows = []
    for line in open(pathlib.Path(names.__file__).parent / name):
        parts = line.split()
        rows.append((float(parts[1]), parts[0].lower()))
    return rows


def swift(type_name, comment, lists):
    lines = ["// %s" % comment, "// Made by scripts/datasets/name_lists.py from tables of the US census of 1990 (public domain).", "",
             "enum %s {" % type_name]
    for constant, doc, words in lists:
        lines += ["    /// %s" % doc, '    static let %s: StaticString = """' % constant]
        row = ""
        for word in words:
            if len(row) + len(word) + 1 > 108:
                lines.append("        " + row)
                row = ""
            row = (row + " " + word).strip()
        lines += ["        " + row, '        """']
    return "\n".join(lines + ["}", ""])


def main():
    if not WORDS.exists():
        sys.exit("name_lists: install wamerican")
    words = {word.strip() for word in open(WORDS, encoding="utf-8") if word.strip().islower()}
    best = {}
    for share, name in table("dist.female.first") + table("dist.male.first"):
        best[name] = max(best.get(name, 0), share)
    given = [name for name, _ in sorted(best.items(), key=lambda pair: (-pair[1], pair[0])) if len(name) > 2][:GIVEN_COUNT]
    plain = sorted(name for name in given if name in MOSTLY_NAMES or (name not in words and name not in PLACES))
    doubtful = sorted(set(given) - set(plain))
    surnames = [name for _, name in sorted(table("dist.all.last"), key=lambda pair: (-pair[0], pair[1])) if len(name) > 2][:SURNAME_COUNT]
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / "GivenNames.swift").write_text(swift("GivenNames", "Given names in small letters.", [
        ("plain", "Names that mean little else.", plain), ("doubtful", "Names that are words or places too.", doubtful)]))
    names = sorted(name for name in surnames if name not in words)
    (TARGET / "Surnames.swift").write_text(swift("Surnames", "Surnames in small letters, from a to k.", [
        ("plain", "Surnames that are no words.", [name for name in names if name < "l"]),
        ("doubtful", "Surnames that are words too, to z.", sorted(name for name in surnames if name in words))]))
    (TARGET / "SurnamesFromL.swift").write_text(swift("SurnamesFromL", "Surnames in small letters, from l to z.", [
        ("plain", "Surnames that are no words.", [name for name in names if name >= "l"])]))
    print(len(plain), len(doubtful), len(surnames))


if __name__ == "__main__":
    main()
