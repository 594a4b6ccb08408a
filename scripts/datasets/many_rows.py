#!/usr/bin/env python3
"""Writes as many rows as wanted, to measure preparation with: questions and answers with duplicates and personal data among them.

    many_rows.py OUT [--megabytes 100 | --rows N] [--words 110] [--seed 1] [--near 0.07] [--exact 0.03] [--personal 0.05]

OUT ends in .jsonl, .jsonl.gz or .parquet (which needs pyarrow). Rows have `id`, `group`, `prompt`, `completion`; one in twenty is
Chinese, one in ten has untidy spaces and HTML references. A near-duplicate has 2 to 15 % of an earlier row's words replaced.
Everything follows from the seed.
"""
import argparse
import gzip
import itertools
import json
import random

SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe qi ro su ta ve wi xo yu za bre cla dro fle gri sto".split()
FIRST_HAN, HAN = 0x4E00, 3000
POOL, PIECE, MEMORY = 1 << 20, 12, 20_000


class Writing:
    """Draws rows."""

    def __init__(self, seed, words, near, exact, personal):
        self.rng = random.Random(seed)
        self.words, self.near, self.exact, self.personal = words, near, exact, personal
        vocabulary = sorted({"".join(self.rng.choices(SYLLABLES, k=self.rng.randint(1, 4))) for _ in range(60_000)})
        # As in languages: the n-th word is about 1/n as common as the first, and common words are short.
        vocabulary.sort(key=lambda word: len(word) + 4 * self.rng.random())
        weights = list(itertools.accumulate(1 / (rank + 8) for rank in range(len(vocabulary))))
        self.vocabulary = vocabulary
        self.pool = self.rng.choices(vocabulary, cum_weights=weights, k=POOL)
        self.earlier = []

    def text(self, count):
        rng, words = self.rng, []
        while len(words) < count:
            start = int(rng.random() * (POOL - PIECE))
            words += self.pool[start:start + PIECE]
        return words[:count]

    def chinese(self, count):
        return [chr(FIRST_HAN + int(self.rng.random() ** 2 * HAN)) for _ in range(count)]

    def changed(self, words):
        rng, copy = self.rng, list(words)
        for place in rng.sample(range(len(words)), max(1, round(rng.uniform(0.02, 0.15) * len(words)))):
            copy[place] = rng.choice(self.vocabulary) if words[place].isascii() else chr(FIRST_HAN + rng.randrange(HAN))
        return copy

    def row(self, number):
        rng = self.rng
        draw = rng.random()
        if self.earlier and draw < self.near + self.exact:
            separator, asked, answered = rng.choice(self.earlier)
            if draw < self.near:
                asked, answered = self.changed(asked), self.changed(answered)
        else:
            is_chinese = rng.random() < 0.05
            write = self.chinese if is_chinese else self.text
            length = max(4, int(rng.lognormvariate(0, 0.5) * self.words))
            asked, answered = write(max(2, length // 8)), write(length)
            separator = "" if is_chinese else " "
            if len(self.earlier) < MEMORY:
                self.earlier.append((separator, asked, answered))
            else:
                self.earlier[rng.randrange(MEMORY)] = (separator, asked, answered)
        question, answer = separator.join(asked) + "?", separator.join(answered) + "."
        if rng.random() < self.personal:
            answer += " " + rng.choice((
                f"Write to {asked[0]}.{number}@example.org.", f"Call +44 20 7946 {rng.randrange(10000):04d}.",
                f"Card 4111 1111 1111 1111, host 10.{rng.randrange(256)}.3.7.", f"NHS number 943 476 5919."))
        if rng.random() < 0.1:
            answer = answer.replace(separator, "  ", 3) if separator else answer
            answer += " &amp; so on\u00a0\u2026\r\n"
        return {"id": number, "group": f"p{number // 3}", "prompt": question, "completion": answer}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--words", type=float, default=110, help="in an answer, on average")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--near", type=float, default=0.07)
    parser.add_argument("--exact", type=float, default=0.03)
    parser.add_argument("--personal", type=float, default=0.05)
    chosen = parser.parse_args()
    writing = Writing(chosen.seed, chosen.words, chosen.near, chosen.exact, chosen.personal)

    def rows():
        written = 0
        for number in itertools.count():
            if number == chosen.rows or (chosen.rows is None and written >= chosen.megabytes * 1e6):
                return
            row = writing.row(number)
            line = json.dumps(row, ensure_ascii=False) + "\n"
            written += len(line) if line.isascii() else len(line.encode())
            yield row, line

    if chosen.out.endswith(".parquet"):
        import pyarrow
        import pyarrow.parquet

        writer = None
        stream = rows()
        while block := [row for row, _ in itertools.islice(stream, 50_000)]:
            table = pyarrow.Table.from_pylist(block)
            writer = writer or pyarrow.parquet.ParquetWriter(chosen.out, table.schema)
            writer.write_table(table)
        if writer:
            writer.close()
    else:
        opened = gzip.open(chosen.out, "wt", 6, encoding="utf-8") if chosen.out.endswith(".gz") else open(
            chosen.out, "w", encoding="utf-8")
        with opened as out:
            for _, line in rows():
                out.write(line)


if __name__ == "__main__":
    main()
