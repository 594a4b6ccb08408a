#!/usr/bin/env python3
"""The page in a real browser: every view, on real runs and a served model, wide and narrow, light and dark, English and Chinese.

    python3 scripts/checks/page.py [--lathe PATH] [--browser PATH] [--shots FOLDER]

Makes two small runs of the tests' model, opens `lathe studio` over them and `lathe serve` with their adapters, and walks through the
views as a person does. Each must write nothing to the console, ask nobody but the server, fit the width, and have no finding of
axe-core. A run is begun, stopped and gone on with in the page; its adapter must be that of the command line, byte for byte. Needs
playwright and axe-playwright-python, and a Chromium. Exits 1 where anything is wrong.
"""
import argparse
import contextlib
import glob
import json
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile

import axe_playwright_python
from playwright.sync_api import sync_playwright

root = pathlib.Path(__file__).resolve().parents[2]
base = root / "Tests" / "TestSupport" / "TinyModel" / "chat"
axe = pathlib.Path(glob.glob(str(pathlib.Path(axe_playwright_python.__file__).parent / "**" / "axe.min.js"), recursive=True)[0])
AXE = """axe.run(document, { resultTypes: ["violations"] }).then(found => JSON.stringify(
    found.violations.map(one => [one.impact, one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))])))"""
WORDS = "the parcel arrives late my order number is wrong please refund size colour shop open monday free".split()
findings = []


def rows(path, count, draw):
    with open(path, "w") as file:
        for _ in range(count):
            words = [draw.choice(WORDS) for _ in range(6)]
            file.write(json.dumps({"prompt": " ".join(words), "completion": " ".join(reversed(words[:3]))}) + "\n")


def recipe(name, rate, steps):
    return (f"name: {name}\nmodel:\n  path: {base}\ndata:\n  train: train.jsonl\n  held_out: held.jsonl\nadapter:\n  r: 4\n"
            f"train:\n  max_steps: {steps}\n  batch_size: 8\n  learning_rate: {rate}\n  eval_every: 10\n")


@contextlib.contextmanager
def started(command, folder):
    """A server, and what it says of itself; told to stop, it must end well."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        text = ""
        for line in process.stdout:
            text += line
            with contextlib.suppress(ValueError):
                yield json.loads(text)
                break
    finally:
        process.send_signal(signal.SIGTERM)
        if process.wait(20) != 0:
            findings.append(f"{command[1]} ended with status {process.returncode}")


class Visit:
    """A browser of one width, one scheme of colours, one language."""

    def __init__(self, browser, address, width, scheme, language, shots):
        self.address, self.width, self.shots = address, width, shots
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale=language)
        self.page = context.new_page()
        self.tools = context.new_cdp_session(self.page)
        self.console, self.outside = [], []
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(f"error: {error}"))
        self.page.on("request", self.see)
        self.page.on("dialog", lambda dialog: dialog.accept())

    def see(self, request):
        if not request.url.startswith((self.address, "blob:", "data:")):
            self.outside.append(request.url)

    def open(self, path, wanted):
        self.page.goto(self.address + path)
        self.page.wait_for_selector(wanted)

    def check(self, name):
        if self.shots:
            self.page.screenshot(path=f"{self.shots}/{name}-{self.width}.png", full_page=True)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        # By the browser's own door, which the page's policy does not bind.
        self.tools.send("Runtime.evaluate", {"expression": axe.read_text(), "returnByValue": False})
        answer = self.tools.send("Runtime.evaluate", {"expression": AXE, "awaitPromise": True, "returnByValue": True})
        found = json.loads(answer["result"]["value"])
        print(f"{name} at {self.width}: console {self.console}, outside {self.outside}, axe {found}")
        findings.extend(f"{name} at {self.width}: {one}" for one in self.console + self.outside + found)
        if width > self.width:
            findings.append(f"{name} is {width} wide at {self.width}")
        self.console.clear()
        self.outside.clear()


def look(visit, token):
    """Views over runs."""
    page = visit.page
    visit.open("/#token=" + token, "table")
    visit.check("runs")
    visit.open("/#/run/one", "svg[role=img] path")
    page.locator("main > div > details summary").last.click()
    page.wait_for_selector("details[open] pre")
    visit.check("run")
    visit.open("/#/overlay?run=one&run=two", "svg[role=img] path")
    page.wait_for_selector("table")
    visit.check("overlay")
    visit.open("/#/rows/one", "table button")
    page.locator("table button").first.click()
    page.wait_for_selector(".cell.target")
    page.locator("section .panel button").first.click()
    page.wait_for_selector(".cell.better, .cell.worse", timeout=60000)
    page.locator("section .panel button").nth(1).click()
    page.wait_for_selector("section pre")
    visit.check("rows")
    visit.open("/#/new", "fieldset")
    page.locator("details summary").nth(1).click()
    visit.check("new")


def ask(visit):
    """Views of a served model."""
    page = visit.page
    visit.open("/#/compare", "main textarea")
    page.locator("main textarea").first.fill("where is my parcel")
    page.keyboard.press("Control+Enter")
    # All have answered when what is asked can be kept.
    page.wait_for_selector("form button:nth-of-type(3):enabled", timeout=60000)
    page.locator(".token").nth(2).hover()
    page.wait_for_selector("section table")
    page.locator("form button").nth(2).click()
    visit.check("compare")
    visit.open("/#/chat", "form textarea")
    page.locator("form textarea").first.fill("hello")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn.assistant .quiet", timeout=60000)
    page.locator(".turn.assistant button").first.click()
    page.wait_for_timeout(3000)
    visit.check("chat")


def begin(visit, token, text):
    """A run that is begun, stopped and gone on with in the page."""
    page = visit.page
    visit.open("/#token=" + token, "nav a")
    visit.open("/#/new", "fieldset")
    page.locator("textarea.mono").last.fill(text)
    buttons = page.locator("section .row button")
    buttons.nth(0).click()
    page.wait_for_selector(".notice strong")
    buttons.nth(1).click()
    page.wait_for_selector("[aria-live] dl", timeout=60000)
    visit.check("plan")
    buttons.nth(2).click()
    page.wait_for_url("**/#/run/**", timeout=30000)
    page.wait_for_selector("svg[role=img] path[d^=M]", timeout=120000)
    visit.check("live")
    page.locator("main .panel .row button").first.click()
    page.wait_for_selector('dd:text-is("stopped while training")', timeout=60000)
    page.locator("main .panel .row button").first.click()
    page.wait_for_selector('dd:text-is("finished")', timeout=300000)
    visit.check("ended")


def digest(folder, name):
    return json.loads((folder / "checkpoints" / name / "report.json").read_text())["adapter_sha256"]


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--lathe", default=str(root / ".build" / "release" / "lathe"))
parser.add_argument("--browser", default=shutil.which("chromium") or shutil.which("google-chrome"))
parser.add_argument("--shots", help="a folder for pictures of the views")
options = parser.parse_args()

with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
    folder, other = pathlib.Path(place) / "page", pathlib.Path(place) / "shell"
    draw = random.Random(1)
    folder.mkdir()
    rows(folder / "train.jsonl", 120, draw)
    rows(folder / "held.jsonl", 24, draw)
    shutil.copytree(folder, other)
    for name, rate in [("one", "1e-2"), ("two", "3e-2")]:
        (folder / f"{name}.yaml").write_text(recipe(name, rate, 40))
        subprocess.run([options.lathe, "run", f"{name}.yaml", "--quiet"], cwd=folder, check=True, capture_output=True)
    browser = play.chromium.launch(executable_path=options.browser, args=["--no-sandbox", "--disable-gpu"])
    kinds = [(1280, "light", "en-US"), (360, "dark", "zh-CN")]
    with started([options.lathe, "studio", "--port", "0", "--json"], folder) as facts:
        address, token = facts["url"].split("/#")[0], facts["token"]
        for kind in kinds:
            look(Visit(browser, address, *kind, options.shots), token)
        text = recipe("begun", "1e-2", 60)
        begin(Visit(browser, address, *kinds[0], options.shots), token, text)
    adapters = [f"{name}={folder}/checkpoints/{name}/adapter" for name in ("one", "two")]
    command = [options.lathe, "serve", "--port", "0", "--json", "--model", str(base)]
    with started(command + [word for adapter in adapters for word in ("--adapter", adapter)], folder) as facts:
        for kind in kinds:
            ask(Visit(browser, facts["url"], *kind, options.shots))
    browser.close()
    (other / "begun.yaml").write_text(text)
    subprocess.run([options.lathe, "run", "begun.yaml", "--quiet"], cwd=other, check=True, capture_output=True)
    print("adapters:", digest(folder, "begun"), digest(other, "begun"))
    if digest(folder, "begun") != digest(other, "begun"):
        findings.append("the page's adapter is not that of the command line")
print("\n".join(["", f"{len(findings)} findings", *map(str, findings)]))
sys.exit(1 if findings else 0)
