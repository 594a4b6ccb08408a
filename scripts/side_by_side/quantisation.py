"""Rounding to blocks, against llama.cpp's own quantiser."""
from rounds import Bench, Row

TYPES = ["Q8_0", "Q4_0", "Q4_K", "Q6_K"]


def compare_quantisation(bench: Bench) -> list:
    """As many fp32 numbers to blocks, on as many threads, without importance and, where it matters, with it."""
    chosen, rows = bench.chosen, []
    for kind, weighs in [(kind, False) for kind in TYPES] + [("Q4_K", True)]:
        rates = [[], []]
        words = ["--type", kind, "--threads", chosen.threads] + (["--importance"] if weighs else [])
        for round_number in range(chosen.rounds):
            bench.note(f"quantisation to {kind}, round {round_number + 1}")
            for side, ran in enumerate((
                    bench.run(bench.benchmarks, "measure-quantisation", *words),
                    bench.python("quantise_llama.py", *words))):
                rates[side].append(ran.output["millions_per_second"])
        rows.append(Row(f"fp32 to {kind}{', weighed' if weighs else ''}", "M numbers/s", "llama.cpp", *rates))
    return rows
