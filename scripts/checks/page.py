#!/usr/bin/env python3
"""The page in a real browser: every view, on real runs and a served model, wide and narrow, light and dark, English and Chinese.

    python3 scripts/checks/page.py [--lathe PATH] [--browser PATH] [--shots FOLDER]

Makes small runs of the tests' model, opens `lathe studio` over them and `lathe serve` with their adapters, and walks through the views as
a person does, in part by keys alone. Each must write nothing to the console, ask nobody but the server, fit the width, and have no
finding of axe-core. A run is begun, stopped and gone on with in the page; its adapter must be that of the command line, byte for byte.
A row is marked as wrong, and `lathe prepare` must leave it out. Needs playwright and axe-playwright-python, and a Chromium. Exits 1 where
anything is wrong.
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
# Elements that can be pressed and are no stop of the Tab key.
UNREACHED = """[...document.querySelectorAll("main :is(a[href], button, input, select, textarea, summary), nav a")]
    .filter(one => one.tabIndex < 0 && !one.disabled).map(one => one.outerHTML.slice(0, 120))"""
WORDS = "the parcel arrives late my order number is wrong please refund size colour shop open monday free".split()
findings = []


def rows(path, count, draw):
    with open(path, "w") as file:
        for _ in range(count):
            words = [draw.choice(WORDS) for _ in range(6)]
            file.write(json.dumps({"prompt": " ".join(words), "completion": " ".join(reversed(words[:3]))}) + "\n")


def recipe(name, rate, steps, more=""):
    return (f"name: {name}\nmodel:\n  path: {base}\ndata:\n  train: train.jsonl\n  held_out: held.jsonl\n{more}adapter:\n  r: 4\n"
            f"train:\n  max_steps: {steps}\n  batch_size: 8\n  learning_rate: {rate}\n  eval_every: 10\n")


def label_recipe():
    """Rows with labels, some of them wrong."""
    return (recipe("labels", "1e-2", 40).replace("train.jsonl", "labels.jsonl").replace("held.jsonl", "held-labels.jsonl")
            .replace("model:\n", "task: classify\nmodel:\n", 1).replace("  r: 4\n", "  r: 4\n  target_modules: all-linear\n"))


def labels(path, count, draw):
    with open(path, "w") as file:
        for number in range(count):
            label = draw.choice(["late", "refund"])
            words = [draw.choice(WORDS) for _ in range(4)] + [label]
            told = {"late": "refund", "refund": "late"}[label] if number % 8 == 3 else label
            file.write(json.dumps({"text": " ".join(words), "label": told}) + "\n")


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
        # Whoever has no pointer reaches all that can be pressed, and sees where they are.
        lost = self.page.evaluate(UNREACHED)
        findings.extend(f"{name} at {self.width}: without a pointer nobody reaches {one}" for one in lost)
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
    page.wait_for_selector("section table")
    expect(visit, "overlay", "train.learning_rate")
    visit.check("overlay")
    visit.open("/#/rows/one", "table button")
    for order in ["gained", "lost", "worst", "given", "changed"]:
        page.select_option("main select", order)
        page.wait_for_selector("table button")
    # By keys alone: a row is opened, its losses are asked for, looked at, and the row is marked.
    page.locator("table button").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".cell.target")
    press(page, "section .panel button", 0)
    page.wait_for_selector(".cell.better, .cell.worse", timeout=60000)
    page.locator("section .answer").focus()
    page.keyboard.press("End")
    page.wait_for_function("document.querySelector('section .panel p[aria-live]').textContent.includes('adapter')"
                           " || document.querySelector('section .panel p[aria-live]').textContent.includes('适配器')")
    press(page, "section .panel button", 1)
    page.wait_for_selector("section pre")
    expect(visit, "rows", "review: {marks:")
    visit.check("rows")
    visit.open("/#/rows/changed", "table button")
    page.locator("table button").first.click()
    page.wait_for_selector(".cell.target")
    page.locator("section .panel button").first.click()
    page.wait_for_selector(".cell.better, .cell.worse", timeout=60000)
    visit.open("/#/rows/labels", "table button")
    page.select_option("main select", "suspect")
    page.wait_for_timeout(200)
    visit.check("labels")
    visit.open("/#/new", "fieldset")
    page.locator("details summary").nth(1).click()
    visit.check("new")


def press(page, selector, number):
    page.locator(selector).nth(number).focus()
    page.keyboard.press("Enter")


def expect(visit, name, text):
    if text not in visit.page.locator("main").inner_text():
        findings.append(f"{name} at {visit.width}: no {text!r}")


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
    # An adapter at scale nought is the base.
    page.locator("main input[type=range]").first.focus()
    page.keyboard.press("Home")
    page.locator("main textarea").first.focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("form button:nth-of-type(3):disabled")
    page.wait_for_selector("form button:nth-of-type(3):enabled", timeout=60000)
    answers = page.locator("section.panel .tokens").all_inner_texts()
    if answers[0] != answers[1] or not answers[0]:
        findings.append(f"compare at {visit.width}: at scale 0 {answers[1]!r}, the base {answers[0]!r}")
    visit.open("/#/chat", "form textarea")
    page.locator("form textarea").first.fill("hello")
    page.keyboard.press("Enter")
    page.wait_for_selector(".turn.assistant .quiet", timeout=60000)
    page.locator(".turn.assistant button").first.click()
    page.wait_for_selector(".turn.assistant .row .row", timeout=60000)
    page.wait_for_selector("form button.main:enabled", timeout=60000)
    press(page, ".turn.user button", 0)
    page.locator(".turn textarea").fill("hello again")
    press(page, ".turn .row button", 0)
    page.wait_for_selector(".turn.user .row .row")
    page.wait_for_selector("form button.main:enabled", timeout=60000)
    expect(visit, "chat", "hello again")
    press(page, ".turn.user .row .row button", 0)
    page.wait_for_function("document.querySelector('.turn.user .said').innerText === 'hello'")
    for number, ending in enumerate([".md", ".jsonl", ".json"]):
        with page.expect_download() as saved:
            page.locator("section > .row.small button").nth(number).click()
        if not saved.value.suggested_filename.endswith(ending):
            findings.append(f"chat at {visit.width}: saved as {saved.value.suggested_filename}")
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
    labels(folder / "labels.jsonl", 120, draw)
    labels(folder / "held-labels.jsonl", 48, draw)
    texts = {
        "one": recipe("one", "1e-2", 40), "two": recipe("two", "3e-2", 40), "labels": label_recipe(),
        "changed": recipe("changed", "1e-2", 10, "  steps:\n    - map: { fields: { prompt: 'Question: {prompt}' } }\n"),
    }
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
        subprocess.run([options.lathe, "run", f"{name}.yaml", "--quiet"], cwd=folder, check=True, capture_output=True)
    browser = play.chromium.launch(executable_path=options.browser, args=["--no-sandbox", "--disable-gpu"])
    kinds = [(1280, "light", "en-US"), (360, "dark", "zh-CN"), (360, "light", "en-US"), (1280, "dark", "zh-CN")]
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
    # What is marked on the page, preparing leaves out.
    marked = recipe("one", "1e-2", 40, "  steps:\n    - review: { marks: reviews/one.jsonl }\n")
    (folder / "marked.yaml").write_text(marked)
    prepared = subprocess.run([options.lathe, "prepare", "marked.yaml", "--json"], cwd=folder, check=True, capture_output=True)
    step = json.loads(prepared.stdout)["preparation"]["steps"][0]
    if step["removed"] != [{"name": "mark", "count": 1}] or "unmatched_marks" in step:
        findings.append(f"prepare left out {step}")
    browser.close()
    (other / "begun.yaml").write_text(text)
    subprocess.run([options.lathe, "run", "begun.yaml", "--quiet"], cwd=other, check=True, capture_output=True)
    print("adapters:", digest(folder, "begun"), digest(other, "begun"))
    if digest(folder, "begun") != digest(other, "begun"):
        findings.append("the page's adapter is not that of the command line")
print("\n".join(["", f"{len(findings)} findings", *map(str, findings)]))
sys.exit(1 if findings else 0)
