"""Running programs and keeping what they say: time, peak memory, the JSON on their standard output."""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass
class Ran:
    """A process that ended well."""

    output: dict
    seconds: float
    peak_bytes: int


@dataclass
class Row:
    """One quantity of Lathe and of a peer, a value a round."""

    what: str
    unit: str
    peer: str
    lathe: list
    theirs: list
    more_is_better: bool = True

    @property
    def ratio(self) -> float:
        """How many times better Lathe is."""
        ours, theirs = statistics.median(self.lathe), statistics.median(self.theirs)
        return ours / theirs if self.more_is_better else theirs / ours

    def line(self) -> str:
        def text(values):
            middle, low, high = statistics.median(values), min(values), max(values)
            return f"{middle:.4g} ({low:.4g}–{high:.4g})"

        return (f"{self.what:34} {self.unit:10} Lathe {text(self.lathe):28} {self.peer} {text(self.theirs):28} "
                f"{self.ratio:7.2f} ×")

    def json(self) -> dict:
        return {"what": self.what, "unit": self.unit, "peer": self.peer, "lathe": self.lathe, "theirs": self.theirs,
                "lathe_median": statistics.median(self.lathe), "their_median": statistics.median(self.theirs),
                "ratio": self.ratio}


class Bench:
    """The programs, the files, and a scratch folder."""

    def __init__(self, root: pathlib.Path, chosen):
        self.root = root
        self.chosen = chosen
        self.work = chosen.work.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.lathe = root / ".build/release/lathe"
        self.benchmarks = root / ".build/release/Benchmarks"
        self.scripts = pathlib.Path(__file__).parent
        threads = str(chosen.threads)
        self.environment = dict(
            os.environ, OMP_NUM_THREADS=threads, MKL_NUM_THREADS=threads, TOKENIZERS_PARALLELISM="false",
            HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

    def python(self, script: str, *arguments) -> Ran:
        return self.run(sys.executable, self.scripts / script, *arguments)

    def run(self, *command, folder: pathlib.Path | None = None) -> Ran:
        """Runs `command` and reads the JSON object at the end of its standard output."""
        words = [str(word) for word in command]
        with open(self.work / "errors.txt", "w+") as errors:
            start = time.perf_counter()
            process = subprocess.Popen(
                words, cwd=folder or self.work, env=self.environment, stdout=subprocess.PIPE, stderr=errors)
            output = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            if status != 0:
                errors.seek(0)
                sys.exit(f"side_by_side: {' '.join(words)} failed:\n{errors.read()[-4000:]}")
        return Ran(last_object(output), seconds, usage.ru_maxrss * 1024)

    def note(self, text: str) -> None:
        print(f"   {text}", file=sys.stderr, flush=True)

    def exported(self, dtype: str) -> pathlib.Path:
        """The base as a Hugging Face folder, written by Lathe."""
        folder = self.work / f"{self.chosen.model.stem}-{dtype}"
        if not folder.exists():
            self.note(f"exporting {folder.name}")
            self.run(self.lathe, "export", "--model", self.chosen.model, "--format", "safetensors", "--out", folder,
                     "--type", dtype, "--json")
        return folder


def last_object(text: str) -> dict:
    """The JSON object that ends `text`; libraries like to print before it."""
    start = len(text)
    while (start := text.rfind("{", 0, start)) >= 0:
        try:
            value = json.loads(text[start:])
        except ValueError:
            continue
        # An inner object ends before the text does, so the first that parses to the end is the whole one.
        return value
    return {}
