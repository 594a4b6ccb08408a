#!/usr/bin/env python3
"""Reading and writing tokens with llama.cpp, through xllamacpp; prints JSON."""
import argparse
import json
import time
from concurrent.futures import ThreadPoolExecutor

import xllamacpp


def server(chosen, sequences: int) -> xllamacpp.Server:
    settings = xllamacpp.CommonParams()
    settings.model.path = chosen.model
    settings.n_ctx = sequences * (chosen.prompt + chosen.tokens + 32)
    settings.n_parallel = sequences
    settings.n_gpu_layers = 0
    settings.cpuparams.n_threads = chosen.threads
    settings.cpuparams_batch.n_threads = chosen.threads
    settings.ui = False
    return xllamacpp.Server(settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--sequences", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    running = server(chosen, chosen.sequences)

    def complete(first: int, tokens: int) -> dict:
        # Another prompt for each sequence, so that none is found in a cache.
        ids = [100 + first + index * 7 % 1000 for index in range(chosen.prompt)]
        answer = running.handle_completions({
            "prompt": ids, "n_predict": tokens, "temperature": 0, "ignore_eos": True, "cache_prompt": False})
        answer = json.loads(answer) if isinstance(answer, str) else answer
        return answer["timings"]

    complete(0, 4)
    start = time.perf_counter()
    with ThreadPoolExecutor(chosen.sequences) as pool:
        timings = list(pool.map(lambda sequence: complete(sequence, chosen.tokens), range(chosen.sequences)))
    seconds = time.perf_counter() - start
    written = sum(timing["predicted_n"] for timing in timings)
    print(json.dumps({
        "prompt_tokens_per_second": timings[0]["prompt_per_second"],
        # One sequence: as llama.cpp tells it. Many: all that was written, over the time of it all, prompts included.
        "tokens_per_second": timings[0]["predicted_per_second"] if chosen.sequences == 1 else written / seconds}))


if __name__ == "__main__":
    main()
