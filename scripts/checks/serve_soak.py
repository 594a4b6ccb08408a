#!/usr/bin/env python3
"""Asks `lathe serve` for hours, in every form at once, and holds each answer against what the same request got alone.

    python3 scripts/checks/serve_soak.py --lathe .build/release/lathe --model MODEL --requests 20000 --minutes 60 \\
        [--adapter-dir DIR] [--clients 8]

First each request of a small pool is asked by itself; all are greedy, so that they have one answer. Then clients ask for them in chance
order, spread over the minutes (fewer where the server is slower than that): whole and streamed, under schemas, in the forms of OpenAI,
Anthropic and llama.cpp, for vectors and tokens; some hang up in the middle of a stream. With --adapter-dir they load each adapter that
lies there under names of their own, ask and drop it. Memory and open files of the server are sampled all the time. At the end SIGTERM comes while answers are being
written: these must come whole, and the server must stop by itself. The last line is JSON. A difference, an answer that is lost, memory that
goes on growing, files that stay open or another end than a clean one are failures. Linux alone: it reads /proc.
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

PROMPTS = ["Once upon a time", "The dog saw", "Lily and Tom went to the park", "It was a dark day", "One day, a cat"]
SCHEMAS = [
    {"type": "object", "properties": {"name": {"type": "string", "maxLength": 8}, "age": {"type": "integer", "minimum": 0, "maximum": 99}},
     "required": ["name", "age"]},
    {"type": "array", "items": {"enum": ["red", "green", "blue"]}, "minItems": 1, "maxItems": 3},
    {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^[a-c]{2,4}$"}]},
]


class Ask:
    """A request, and how its answer is read of a body or of the events of a stream."""

    def __init__(self, name, path, body, read, piece=None):
        self.name, self.path, self.body, self.read, self.piece = name, path, body, read, piece


def pool(model):
    asks = []
    for number, prompt in enumerate(PROMPTS):
        length = 6 + 4 * number
        chat = {"model": model, "temperature": 0, "max_tokens": length, "messages": [{"role": "user", "content": prompt}]}
        text = {"model": model, "temperature": 0, "max_tokens": length, "prompt": prompt}
        llama = {"model": model, "temperature": 0, "n_predict": length, "prompt": prompt}
        schema = {**llama, "n_predict": 80, "json_schema": SCHEMAS[number % len(SCHEMAS)]}
        asks += [
            Ask("chat", "/v1/chat/completions", chat, lambda body: body["choices"][0]["message"]["content"],
                lambda event: "".join(choice["delta"].get("content") or "" for choice in event["choices"])),
            Ask("messages", "/v1/messages", chat, lambda body: body["content"][0]["text"],
                lambda event: event.get("delta", {}).get("text", "")),
            Ask("completions", "/v1/completions", text, lambda body: body["choices"][0]["text"],
                lambda event: "".join(choice["text"] for choice in event["choices"])),
            Ask("completion", "/completion", llama, lambda body: body["content"], lambda event: event["content"]),
            Ask("schema", "/completion", schema, lambda body: body["content"], lambda event: event["content"]),
            Ask("embeddings", "/v1/embeddings", {"model": model, "input": prompt}, lambda body: body["data"][0]["embedding"]),
            Ask("tokenize", "/tokenize", {"content": prompt}, lambda body: body["tokens"]),
        ]
    return asks


class Soak:
    def __init__(self, options, address):
        self.options, self.address = options, address
        self.counts = collections.Counter()
        self.faults = []
        self.lock = threading.Lock()
        self.stopping = threading.Event()

    def open(self, path, body):
        connection = http.client.HTTPConnection(*self.address, timeout=300)
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        return connection, connection.getresponse()

    def whole(self, ask, **more):
        connection, response = self.open(ask.path, {**ask.body, **more})
        body = json.loads(response.read())
        connection.close()
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {body}")
        return ask.read(body)

    def streamed(self, ask, pieces=None, **more):
        """The text of a stream; after so many `pieces` the client hangs up, and there is none."""
        connection, response = self.open(ask.path, {**ask.body, **more, "stream": True})
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {response.read()[:300]}")
        text, seen = "", 0
        for line in response:
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[6:])
            if event.get("error"):
                raise RuntimeError(str(event["error"]))
            text += ask.piece(event)
            seen += 1
            if seen == pieces:
                connection.close()
                return None
        connection.close()
        return text

    def count(self, kind, fault=None):
        with self.lock:
            self.counts[kind] += 1
            if fault and len(self.faults) < 20:
                self.faults.append(f"{kind}: {fault}")

    def judged(self, ask, alone, **more):
        """Asks once, in one of the ways, and counts how it went."""
        chance = random.random()
        try:
            if ask.piece and chance < 0.06:
                self.streamed(ask, pieces=random.randint(1, 4), **more)
                return self.count("hung up")
            found = self.streamed(ask, **more) if ask.piece and chance < 0.55 else self.whole(ask, **more)
        except Exception as error:  # Whatever it was, there is no answer.
            return self.count("lost", f"{ask.name}: {error!r}")
        if found == alone:
            return self.count(ask.name)
        self.count("different", f"{ask.name}: {found!r} is not {alone!r}")

    def with_adapter(self, adapter, client, alone):
        name = f"client-{client}-{random.randrange(1 << 30)}"
        ask = self.adapter_ask
        try:
            self.whole(Ask("load", "/v1/load_lora_adapter", {"lora_name": name, "lora_path": adapter}, lambda body: body["name"]))
            found = self.whole(ask, model=name)
            self.whole(Ask("unload", "/v1/unload_lora_adapter", {"lora_name": name}, lambda body: body["name"]))
        except Exception as error:  # Whatever it was, there is no answer.
            return self.count("lost", f"adapter: {error!r}")
        self.count("adapter" if found == alone else "different", None if found == alone else f"adapter {adapter}: {found!r}")

    def alone(self, model):
        self.asks, answers, refused = [], [], {}
        for ask in pool(model):
            try:
                answers.append(self.whole(ask))
                self.asks.append(ask)
            except RuntimeError as error:
                # Models without a chat template have no chats, and so on.
                refused[ask.name] = error
        for name, error in refused.items():
            print(f"not asked: {name}: {error}")
        self.adapter_ask = next(ask for ask in self.asks if ask.name == "completion")
        self.adapters = {}
        for adapter in sorted(os.listdir(self.options.adapter_dir)) if self.options.adapter_dir else []:
            self.whole(Ask("load", "/v1/load_lora_adapter", {"lora_name": "alone", "lora_path": adapter}, lambda body: body))
            self.adapters[adapter] = self.whole(self.adapter_ask, model="alone")
            self.whole(Ask("unload", "/v1/unload_lora_adapter", {"lora_name": "alone"}, lambda body: body))
        return answers

    def client(self, number, answers):
        pause = self.options.minutes * 60 * self.options.clients / self.options.requests
        end = time.monotonic() + self.options.minutes * 60
        due = time.monotonic() + random.random() * pause
        while time.monotonic() < end and not self.stopping.is_set() and sum(self.counts.values()) < self.options.requests:
            self.stopping.wait(max(0, due - time.monotonic()))
            due += pause
            if self.adapters and random.random() < 0.03:
                adapter = random.choice(list(self.adapters))
                self.with_adapter(adapter, number, self.adapters[adapter])
            else:
                place = random.randrange(len(answers))
                self.judged(self.asks[place], answers[place])

    def last_stream(self, results):
        """A long answer that is still being written when SIGTERM comes."""
        ask = next(ask for ask in self.asks if ask.name == "completions")
        try:
            results.append(self.streamed(ask, max_tokens=150, ignore_eos=True))
        except Exception as error:  # Whatever it was, there is no answer.
            results.append(repr(error))


def sample(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathe", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--adapter-dir")
    options = parser.parse_args()
    random.seed(1)
    folder = ["--adapter-dir", options.adapter_dir] if options.adapter_dir else []
    server = subprocess.Popen(
        [options.lathe, "serve", "--model", options.model, "--name", "base", "--port", "0", *folder],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    host, port = next(line for line in server.stdout if "listening on" in line).split("http://")[1].split(": ")[0].split(":")
    threading.Thread(target=server.stdout.read, daemon=True).start()
    soak = Soak(options, (host, int(port)))
    samples, results, streams = [], [], []
    try:
        answers = soak.alone("base")
        start = time.monotonic()
        clients = [threading.Thread(target=soak.client, args=(number, answers)) for number in range(options.clients)]
        for client in clients:
            client.start()
        while any(client.is_alive() for client in clients):
            samples.append(sample(server.pid))
            time.sleep(5)
            if len(samples) % 60 == 0:
                print(f"{time.monotonic() - start:.0f} s: {sum(soak.counts.values())} asked, {samples[-1][0]} MiB, "
                      f"{samples[-1][1]} files, {soak.counts['lost']} lost, {soak.counts['different']} different", flush=True)
        seconds = time.monotonic() - start
        long = next(ask for ask in soak.asks if ask.name == "completions")
        expected = soak.streamed(long, max_tokens=150, ignore_eos=True)
        samples.append(sample(server.pid))
        streams = [threading.Thread(target=soak.last_stream, args=(results,)) for _ in range(4)]
        for stream in streams:
            stream.start()
        time.sleep(0.1)
    finally:
        soak.stopping.set()
        server.send_signal(signal.SIGTERM)
        stop = time.monotonic()
        code = server.wait(120)
    stop = time.monotonic() - stop
    for stream in streams:
        stream.join()
    results = [text for text in results if text != expected]
    sys.exit(told(soak, samples, results, code, seconds, stop))


def told(soak, samples, cut, code, seconds, stop):
    """Says how it went; returns 1 where something is wrong."""
    # What is kept of prompts and schemas is filled by then.
    settled, last = samples[len(samples) // 3], samples[-1]
    faults = soak.faults + [f"cut by SIGTERM: {text!r}" for text in cut]
    if last[0] > settled[0] * 1.2 + 16:
        faults.append(f"memory grew from {settled[0]} to {last[0]} MiB")
    if last[1] > samples[0][1] + soak.options.clients + 4:
        faults.append(f"open files grew from {samples[0][1]} to {last[1]}")
    if code != 0:
        faults.append(f"it ended with {code}")
    for fault in faults:
        print("wrong:", fault)
    print(json.dumps({
        "asked": sum(soak.counts.values()), **soak.counts, "seconds": round(seconds), "mebibytes": [samples[0][0], settled[0], last[0]],
        "most_mebibytes": max(resident for resident, _ in samples), "files": [samples[0][1], last[1]],
        "most_files": max(files for _, files in samples), "exit": code, "seconds_to_stop": round(stop, 2), "faults": len(faults)}))
    return 1 if faults else 0


if __name__ == "__main__":
    main()
