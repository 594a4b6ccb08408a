#!/usr/bin/env python3
"""Every verb, with one system call of it refused: what comes out must be right, or an error that says so.

    scripts/checks/injected_faults.py --moments 500

A moment is a verb, a system call, an error and a number: strace lets that call fail. Afterwards either every file and the result
are those of an undisturbed run, or the command ended with exit 74 and a message, and running it again gives the same bytes.
Nothing may hang, trap, or leave a merged folder without its certificate. What the loader does before `main` is not disturbed.

    scripts/checks/injected_faults.py --kill --moments 50 --verbs export-gguf export-gguf-over export-safetensors

With --kill the process is killed (signal 9) at that call instead: what it writes is then not there, or there as a whole, as it was
before or as it is to be; nothing else is lost; and running it again gives the same bytes.

Needs strace (apt-get install strace) and a release build; nothing else.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "Tests/TestSupport/TinyModel/chat"
GGUF = ROOT / "Tests/TestSupport/TinyModel/tiny.f32.gguf"
DISK = ["ENOSPC", "EIO", "EDQUOT"]
# System call by name: the errors that it gives where a disk is full or fails, or the system has no more to give.
SYSCALLS = {
    **dict.fromkeys(["write", "pwrite64", "fsync", "rename", "renameat2", "ftruncate", "mkdir", "close"], DISK),
    "openat": DISK + ["EMFILE"],
    "mmap": DISK + ["ENOMEM"],
    "clone3": ["EAGAIN"],
    **dict.fromkeys(["read", "pread64", "getdents64", "newfstatat", "unlink", "rmdir"], ["EIO"]),
}

RECIPE = """\
name: tiny
seed: 7
model: { path: model, precision: fp32 }
data:
  train: train.jsonl
  held_out: held.jsonl
  steps:
    - deduplicate
adapter: { r: 4, alpha: 8 }
train: { max_steps: 6, batch_size: 4, learning_rate: 1e-2, save_every: 2, eval_every: 3 }
"""
EXPORT_GGUF = [
    "export", "--model", "model.gguf", "--adapter", "adapter", "--format", "gguf", "--data", "held.jsonl",
    "--set", "data.prompt_style=plain", "--out", "out/model.gguf", "--type"]
EXPORTS = """\
merge: { enabled: true }
export:
  - { format: peft }
  - { format: hdf5 }
"""

# Verb by name: its arguments. Those that begin with an adapter find one that an undisturbed run has made.
VERBS = {
    "run": ["run", "full.yaml", "--json"],
    "train": ["train", "recipe.yaml", "--json"],
    "resume": ["train", "recipe.yaml", "--json"],
    "prepare": ["prepare", "recipe.yaml", "--json"],
    "prepare-export": ["prepare", "recipe.yaml", "--export", "jsonl", "--json"],
    "evaluate": ["evaluate", "--model", "model", "--adapter", "adapter", "--data", "held.jsonl", "--json"],
    "score": ["score", "--model", "model", "--adapter", "adapter", "--data", "held.jsonl", "--tokens", "--json"],
    "merge": ["merge", "--model", "model", "--adapter", "adapter", "--out", "out/merged", "--json"],
    "export-peft": ["export", "--model", "model", "--adapter", "adapter", "--format", "peft", "--out", "out/peft"],
    "export-safetensors": [
        "export", "--model", "model", "--adapter", "adapter", "--format", "safetensors", "--out", "out/st"],
    "export-hdf5": ["export", "--model", "model", "--adapter", "adapter", "--format", "hdf5", "--out", "out/model.h5"],
    "export-gguf": EXPORT_GGUF + ["bf16"],
    # In place of one that an earlier call wrote.
    "export-gguf-over": EXPORT_GGUF + ["bf16"],
    "generate": ["generate", "--model", "model", "--adapter", "adapter", "--prompt", "Tom", "--max-new-tokens", "12"],
    "plan": ["plan", "recipe.yaml", "--json"],
    "inspect": ["inspect", "adapter", "--json"],
}
# What is measured, and so never the same twice.
MEASURED = {
    "tokens_per_second", "seconds", "peak_memory_bytes", "predicted_seconds", "seconds_left", "time", "available_bytes",
    "predicted_peak_bytes", "memory_limit_bytes", "memory_bytes", "stages",
}


def rows(count, verb):
    names = ["Tom", "Lily", "Ben", "Sue", "Max"]
    things = ["a ball", "a cat", "the red car", "the park", "a big dog", "a tree", "the sun"]
    for row in range(count):
        prompt = f"{names[row % 5]} {verb} {things[row % 7]} {row}."
        answer = f"{names[(row + 1) % 5]} was happy to play with {things[(row * 3 + 1) % 7]}."
        yield json.dumps({"prompt": prompt, "completion": answer}) + "\n"


def fill(folder, lathe):
    """A folder with all that the verbs need; its adapter comes from an undisturbed run."""
    shutil.copytree(MODEL, folder / "model")
    shutil.copy(GGUF, folder / "model.gguf")
    (folder / "train.jsonl").write_text("".join(rows(24, "saw")))
    (folder / "held.jsonl").write_text("".join(rows(8, "had")))
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "full.yaml").write_text(RECIPE.replace("name: tiny", "name: full") + EXPORTS)
    subprocess.run([lathe, "train", "recipe.yaml", "--quiet"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    shutil.move(folder / "checkpoints/tiny/adapter", folder / "adapter")
    shutil.rmtree(folder / "checkpoints")


def reset(template, folder, verb, lathe):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder, symlinks=True)
    if verb == "export-gguf-over":
        earlier = [lathe] + EXPORT_GGUF + ["fp32", "--quiet"]
        subprocess.run(earlier, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    if verb == "resume":
        early = [lathe, "train", "recipe.yaml", "--quiet"]
        subprocess.run(early, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        # As a run that was killed after its second checkpoint.
        run = folder / "checkpoints/tiny"
        for file in run.glob("step-*.h5"):
            if file.name > "step-000004.h5":
                file.unlink()
        for name in ["report.json", "report.md", "report.html", "run.json"]:
            (run / name).unlink(missing_ok=True)
        shutil.rmtree(run / "adapter", ignore_errors=True)


def without_measured(value):
    if isinstance(value, dict):
        return {key: without_measured(item) for key, item in value.items() if key not in MEASURED}
    if isinstance(value, list):
        return [without_measured(item) for item in value]
    return without_speed(value) if isinstance(value, str) else value


def without_speed(text):
    # A run that had nothing left to train has no speed to tell.
    text = re.sub(r"(, )?[\d.,]+ tokens/s", "", text)
    # Nor the memory of stages that an earlier call did.
    text = re.sub(r"memory by stage: [^\n]*", "", text)
    return re.sub(r"[\d.,]+ (s\b|min|[KMG]i?B)", "#", text)


def essence(data, name):
    """What of a file or a result must be the same each time."""
    text = data.decode("utf-8", "replace")
    if name.endswith("manifest.json"):
        # Digests of logs differ as the times in them do: which files Lathe calls its own must not.
        return "\n".join(sorted(file["path"] for file in json.loads(text).get("files", []))).encode()
    if name.endswith(".md"):
        return without_speed(text).encode()
    try:
        lines = [json.loads(text)]
    except ValueError:
        try:
            lines = [json.loads(line) for line in text.splitlines()]
        except ValueError:
            return data
    return json.dumps(without_measured(lines), sort_keys=True).encode()


def state(folder):
    """Path by path, what stands in the folder; logs and pages of runs, which hold times, only where they are torn."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir() or name.startswith("model/") or "/tensorboard/" in name:
            continue
        data = path.read_bytes()
        if path.name == "events.jsonl":
            for line in data.splitlines():
                try:
                    json.loads(line)
                except ValueError:
                    found[name] = "a torn line"
            continue
        if path.name == "report.html" and (path.parent / "events.jsonl").exists():
            found[name] = "whole" if data.rstrip().endswith(b"</html>") else "a torn page"
            continue
        found[name] = hashlib.sha256(essence(data, name) if path.suffix in {".json", ".md"} else data).hexdigest()
    return found


class Run:
    def __init__(self, command, folder, timeout):
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        try:
            self.output, errors = process.communicate(timeout=timeout)
            self.code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            self.output, errors = process.communicate()
            self.code = "hung"
        self.errors = errors.decode("utf-8", "replace")


def strace(log, calls, inject=None):
    command = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "signal=none", "-o", str(log), "-e", "trace=" + calls]
    return command + (["-e", "inject=" + inject] if inject else [])


def numbers(log, call):
    """Which calls lathe itself makes: after the first that `main` makes, up to the last of the busiest thread."""
    main, begun, before, counts = None, False, 0, {}
    for line in log.read_text(errors="replace").splitlines():
        thread, _, rest = line.partition(" ")
        rest = rest.strip()
        main = main or thread
        if thread == main and rest.startswith("rt_sigaction(SIGXFSZ"):
            begun = True
        elif rest.startswith(call + "("):
            counts[thread] = counts.get(thread, 0) + 1
            before += thread == main and not begun
    return range(before + 1, max(counts.values(), default=0) + 1)


class Check:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.template = folder / "template"
        self.template.mkdir()
        fill(self.template, options.lathe)
        self.references = {}

    def work(self, worker):
        return self.folder / f"work{worker}"

    def reference(self, verb, worker):
        """What an undisturbed run leaves: in this worker's own folder, for some files hold its path."""
        key = verb, worker
        if key not in self.references:
            work = self.work(worker)
            reset(self.template, work, verb, self.options.lathe)
            run = Run([self.options.lathe] + VERBS[verb], work, self.options.timeout)
            if run.code != 0:
                sys.exit(f"{verb} fails undisturbed: {run.errors}")
            self.references[key] = essence(run.output, "result.lines"), state(work)
        return self.references[key]

    def moments(self):
        chance = random.Random(self.options.seed)
        groups = []
        work = self.work(0)
        for verb in self.options.verbs:
            for call in self.options.syscalls:
                reset(self.template, work, verb, self.options.lathe)
                log = self.folder / "count.log"
                Run(strace(log, f"{call},rt_sigaction") + [self.options.lathe] + VERBS[verb], work, self.options.timeout)
                faults = ["SIGKILL"] if self.options.kill else SYSCALLS[call]
                group = [(verb, call, chance.choice(faults), number) for number in numbers(log, call)]
                chance.shuffle(group)
                if group:
                    groups.append(group)
        chance.shuffle(groups)
        chosen = []
        while groups and len(chosen) < self.options.moments:
            groups = [group for group in groups if group]
            chosen += [group.pop() for group in groups]
        return chosen[: self.options.moments]

    def judge(self, moment, worker):
        """`None` where all is well and how, else what is not."""
        verb, call, error, number = moment
        output, files = self.reference(verb, worker)
        work = self.work(worker)
        reset(self.template, work, verb, self.options.lathe)
        before = state(work)
        log = self.folder / f"trace{worker}.log"
        command = [self.options.lathe] + VERBS[verb]
        if error == "SIGKILL":
            Run(strace(log, call, f"{call}:signal=SIGKILL:when={number}") + command, work, self.options.timeout)
            return self.judge_killed(command, work, before, files)
        run = Run(strace(log, call, f"{call}:error={error}:when={number}") + command, work, self.options.timeout)
        bare = [str(path) for path in work.rglob("merged*") if path.is_dir() and not path.name.endswith(".partial")]
        for folder in bare:
            if not (Path(folder) / "merge_certificate.json").exists() and "/." not in folder:
                return None, "a merged folder without its certificate", run
        if run.code == 0:
            if essence(run.output, "result.lines") != output:
                return None, "exit 0 and another result", run
            differing = difference(files, state(work))
            return ("same bytes", None, run) if not differing else (None, f"exit 0 and other files: {differing}", run)
        if run.code != 74:
            return None, f"ends with {run.code}", run
        if not run.errors.strip() and not (call == "write"):
            return None, "exit 74 without a word", run
        if difference(files, state(work)):
            again = Run(command, work, self.options.timeout)
            if again.code != 0:
                return None, f"running again ends with {again.code}: {again.errors.strip()[-300:]}", run
            differing = difference(files, state(work))
            if differing:
                return None, f"other files after running again: {differing}", run
        return "clear error", None, run


    def judge_killed(self, command, work, before, files):
        """What a killed process leaves: each file as it was, as it is to be, or not there where it was not."""
        left = {name: digest for name, digest in state(work).items() if not is_unfinished(name)}
        lost = sorted(name for name in before if name not in left)
        torn = sorted(
            name for name, digest in left.items()
            if digest not in {before.get(name), files.get(name)} and not is_list(name))
        again = Run(command, work, self.options.timeout)
        if lost or torn:
            return None, f"killed, lost: {lost[:5]}, torn: {torn[:5]}", again
        if again.code != 0:
            return None, f"running again after it was killed ends with {again.code}", again
        differing = difference(files, state(work))
        if differing:
            return None, f"killed, and other files after running again: {differing}", again
        return "whole", None, again


def is_unfinished(name):
    """What stands under a name that says that it is being written."""
    return any(part.endswith(".partial") or ".partial." in part for part in name.split("/"))


def is_list(name):
    """While a file changes, its list names both."""
    return name.endswith("manifest.json")


def difference(expected, found):
    names = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    return ", ".join(names[:5])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbs", nargs="+", default=list(VERBS), choices=list(VERBS))
    parser.add_argument("--syscalls", nargs="+", default=list(SYSCALLS), choices=list(SYSCALLS))
    parser.add_argument("--lathe", default=str(ROOT / ".build/release/lathe"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--kill", action="store_true", help="kill the process at each moment in place of an error")
    parser.add_argument("--timeout", type=float, default=60, help="seconds after which a run counts as hung")
    options = parser.parse_args()
    options.lathe = str(Path(options.lathe).resolve())
    if not shutil.which("strace"):
        sys.exit("strace is not installed: apt-get install strace")
    with tempfile.TemporaryDirectory(prefix="lathe-faults-") as name:
        check = Check(options, Path(name))
        moments = check.moments()
        tally, failures = {}, 0
        free = list(range(options.jobs))

        def one(moment):
            worker = free.pop()
            try:
                return moment, check.judge(moment, worker)
            finally:
                free.append(worker)

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for moment, (how, problem, run) in pool.map(one, moments):
                verb, call, error, number = moment
                counts = tally.setdefault(call, {})
                counts[how or "WRONG"] = counts.get(how or "WRONG", 0) + 1
                if problem:
                    failures += 1
                    print(f"WRONG {verb}: {call} {error} when={number}: {problem}\n    {run.errors.strip()[-400:]}", flush=True)
        for call, counts in sorted(tally.items()):
            print(f"{call:10} " + ", ".join(f"{count} {how}" for how, count in sorted(counts.items())))
        print(f"{len(moments)} moments, seed {options.seed}: {failures} wrong")
        sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
