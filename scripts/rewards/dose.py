#!/usr/bin/env python3
"""Says of each answer whether it is the right dose: 1 where its first line is the row's dose in mg, else 0.

Reads a JSON object a line (`prompt`, `answer`, `row`), writes a number a line, as `train.rewards` of kind `command` asks. What stands on
later lines is not looked at: a model that was never told to stop may go on.
"""
import json
import re
import sys

for line in sys.stdin:
    asked = json.loads(line)
    first = (asked["answer"].strip().splitlines() or [""])[0].strip()
    print(1 if re.fullmatch(rf"{asked['row']['dose']} mg\.?", first) else 0)
