#!/usr/bin/env python3
"""Counts the tests that a run of `swift test` skipped, and why; ends with 1 where they are more than --most.

Run: scripts/checks/skipped_tests.py LOG [--most NUMBER]
"""
import argparse
import collections
import re
import sys


def skipped(lines):
    """The reason of every skipped test function, parameterised ones counted once, by its name and place in the log."""
    for line in lines:
        # A skipped suite says so itself, and then for each of its tests.
        found = re.search(r"\bTest (.+?) skipped(?:: \"(.*)\"|\.)?\s*$", line)
        if found and not re.search(r"\bSuite .+ skipped", line):
            yield found.group(2) or "no reason given"


def kind(reason):
    """Reasons that differ in a path alone are one."""
    found = re.fullmatch(r"needs (\S+) under LATHE_DATA", reason)
    return "needs public data under LATHE_DATA" if found else reason


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("log")
    parser.add_argument("--most", type=int)
    options = parser.parse_args()
    with open(options.log, encoding="utf-8", errors="replace") as log:
        lines = log.readlines()
    totals = [int(count) for line in lines for count in re.findall(r"Test run with (\d+) tests?", line)]
    total = sum(totals)
    reasons = collections.Counter(map(kind, skipped(lines)))
    count = sum(reasons.values())
    print(f"tests: {total} in all, {count} skipped" + (f" ({100 * count / total:.1f}%)" if total else ""))
    for reason, number in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        print(f"  {number:3} {reason}")
    if not total:
        sys.exit("tests: none ran")
    if options.most is not None and count > options.most:
        sys.exit(f"tests: more than {options.most} were skipped")


main()
