#!/usr/bin/env python3
"""How fast `lathe serve` answers many clients at once, beside llama.cpp's server (xllamacpp on PyPI) on the same GGUF file and cores.

    python3 scripts/checks/serve_speed.py --lathe .build/release/lathe --model FILE.gguf [--clients 16] [--requests 64] [--rounds 3]

Each client asks for one streamed answer after the other, as long as there are requests left: prompts of different lengths, 64 tokens of
answer, greedy, no prompt twice. Both servers may write as many answers at once as there are clients, with as many threads. They are
measured in turns, one running at a time. What counts: tokens of answers a second over all clients, and the median time to a request's
first piece of text. Needs Python with xllamacpp. The last line is JSON.
"""
import argparse
import http.client
import json
import multiprocessing
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse

WORDS = "the order of a shop was late again and the clerk wrote to the patient about new opening hours of our clinic in town".split()


def prompts(count):
    """Texts of 20 to 200 words, each with a beginning of its own."""
    found = []
    for number in range(count):
        length = 20 + (number * 37) % 181
        found.append(f"Letter {number}: " + " ".join(WORDS[(number * 7 + place * place) % len(WORDS)] for place in range(length)))
    return found


def answer(address, prompt, tokens):
    """Seconds to the first piece, seconds to the end, and tokens of the answer, as the server counts them."""
    url = urllib.parse.urlparse(address)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=600)
    start = time.perf_counter()
    body = {"model": "base", "prompt": prompt, "max_tokens": tokens, "temperature": 0, "stream": True,
            "ignore_eos": True, "stream_options": {"include_usage": True}}
    connection.request("POST", "/v1/completions", json.dumps(body), {"content-type": "application/json"})
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"{response.status}: {response.read()[:500]}")
    first, counted = None, 0
    for line in response:
        if not line.startswith(b"data: {"):
            continue
        event = json.loads(line[6:])
        if first is None and event.get("choices") and event["choices"][0].get("text"):
            first = time.perf_counter() - start
        if event.get("usage"):
            counted = event["usage"]["completion_tokens"]
    connection.close()
    return first or 0, time.perf_counter() - start, counted


def load(address, options, round_number):
    """Tokens a second of all clients together, and the median time to the first piece."""
    waiting = [f"{round_number}. {text}" for text in prompts(options.requests)]
    lock, done, failures = threading.Lock(), [], []

    def client():
        while True:
            with lock:
                if not waiting:
                    return
                prompt = waiting.pop()
            try:
                done.append(answer(address, prompt, options.tokens))
            except Exception as error:  # Told below: a lost request is a failure of the server.
                failures.append(str(error))

    start = time.perf_counter()
    clients = [threading.Thread(target=client) for _ in range(options.clients)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    seconds = time.perf_counter() - start
    if failures:
        sys.exit(f"{address}: {len(failures)} of {options.requests} requests failed: {failures[0]}")
    return sum(tokens for _, _, tokens in done) / seconds, statistics.median(first for first, _, _ in done)


def llama_server(model, options, pipe):
    import xllamacpp

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # It tells of every request.
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_parallel = options.clients
    parameters.n_ctx = 1024 * options.clients
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = options.threads
    parameters.n_gpu_layers = 0
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    pipe.send(server.listening_address)
    signal.pause()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathe", required=True, type=pathlib.Path)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()

    lathe = subprocess.Popen(
        [str(options.lathe), "serve", "--model", str(options.model), "--name", "base", "--port", "0", "--parallel", str(options.clients)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    ours = next(line for line in lathe.stdout if "listening on" in line).split("listening on ")[1].split(": ")[0].strip()
    threading.Thread(target=lathe.stdout.read, daemon=True).start()
    here, there = multiprocessing.Pipe()
    peer = multiprocessing.Process(target=llama_server, args=(str(options.model), options, there), daemon=True)
    peer.start()
    theirs = here.recv()
    measured = {"lathe": [], "llama.cpp": []}
    try:
        for round_number in range(-1, options.rounds):
            for name, address in (("lathe", ours), ("llama.cpp", theirs)):
                found = load(address, options, round_number)
                if round_number >= 0:  # The first is for warming up.
                    measured[name].append(found)
                    print(f"{name}: {found[0]:.1f} tokens/s, first text after {found[1]:.2f} s", flush=True)
    finally:
        lathe.send_signal(signal.SIGTERM)
        peer.terminate()
        lathe.wait(timeout=60)
    speed = {name: statistics.median(rate for rate, _ in rounds) for name, rounds in measured.items()}
    first = {name: statistics.median(seconds for _, seconds in rounds) for name, rounds in measured.items()}
    print(json.dumps({
        "clients": options.clients, "tokens_per_second": speed, "seconds_to_first_text": first,
        "speed_ratio": speed["lathe"] / speed["llama.cpp"], "first_text_ratio": first["lathe"] / first["llama.cpp"]}))


if __name__ == "__main__":
    main()
