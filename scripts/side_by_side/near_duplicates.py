#!/usr/bin/env python3
"""Near-duplicates of a JSONL file with datasketch: a row goes where an earlier row that stays is near.

    near_duplicates.py --data FILE --out FILE [--threshold 0.8] [--bands 32 --rows 8 | --permutations 128]

With --bands and --rows, the plan that Lathe takes at this threshold, and candidates judged by their exact Jaccard similarity, as
Lathe does. Without, datasketch as its documentation uses it: its own plan for so many permutations, candidates taken as they are.
Words are runs of letters and digits in lower case; of Chinese, pairs of characters. Prints what it found as JSON.
"""
import argparse
import json
import re

from datasketch import MinHash, MinHashLSH

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+|[^\W_\u3040-\u30ff\u3400-\u9fff]+")


def shingles(text: str) -> set:
    found = set()
    for word in WORD.findall(text.lower()):
        if word[0] < "\u3040" or word[0] > "\u9fff" or len(word) == 1:
            found.add(word)
        else:
            found.update(word[start:start + 2] for start in range(len(word) - 1))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--bands", type=int)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--permutations", type=int, default=128)
    chosen = parser.parse_args()
    if chosen.bands:
        permutations = chosen.bands * chosen.rows
        index = MinHashLSH(threshold=chosen.threshold, num_perm=permutations, params=(chosen.bands, chosen.rows))
    else:
        permutations = chosen.permutations
        index = MinHashLSH(threshold=chosen.threshold, num_perm=permutations)
    empty = MinHash(num_perm=permutations)
    kept, rows, duplicates = {}, 0, 0
    with open(chosen.data, encoding="utf-8") as lines, open(chosen.out, "w", encoding="utf-8") as out:
        for number, line in enumerate(lines):
            row = json.loads(line)
            words = shingles(row["prompt"] + "\n" + row["completion"])
            rows += 1
            sketch = empty.copy()
            sketch.update_batch([word.encode() for word in words])
            near = index.query(sketch)
            if chosen.bands:
                near = any(len(words & kept[other]) >= chosen.threshold * len(words | kept[other]) for other in near)
            if near:
                duplicates += 1
                continue
            index.insert(number, sketch, check_duplication=False)
            if chosen.bands:
                kept[number] = words
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(json.dumps({"rows": rows, "duplicates": duplicates, "bands": index.b, "rows_per_band": index.r}))


if __name__ == "__main__":
    main()
