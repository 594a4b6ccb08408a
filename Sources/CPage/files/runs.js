// The view Runs: what the folder holds, with verdicts; several chosen are laid over one another.

import { get } from "/page/api.js"
import { announce, button, h, problem, shown, table } from "/page/dom.js"
import { interval } from "/page/chart.js"
import { say } from "/page/words.js"

export async function runsView({ place, rest, state, signal }) {
  const sweep = rest[0] ?? null, chosen = new Set()
  const list = h("div"), overlay = h("button", { type: "button", disabled: true, on: { click: () => {
    location.hash = "#/overlay?" + [...chosen].map(id => "run=" + encodeURIComponent(id)).join("&")
  } } }, say("runs.overlay"))
  place.replaceChildren(h("p", { class: "quiet" }, sweep ? say("runs.trials", sweep) : say("runs.folder", state.runs)),
    h("div", { class: "row" }, overlay, state.starts ? h("a", { href: "#/new" }, say("new.title")) : "",
      sweep ? h("a", { href: "#/runs" }, say("runs.all")) : ""), list)
  let before = ""

  async function draw() {
    const found = await get("/studio/runs" + (sweep ? "?sweep=" + encodeURIComponent(sweep) : ""), signal)
    const text = JSON.stringify(found)
    if (text === before) return
    before = text
    list.replaceChildren(found.runs.length ? table(say("runs.caption", found.runs.length),
      ["", say("run.name"), say("run.state"), say("run.model"), say("run.steps"), say("run.difference"), say("run.verdict"),
        say("run.changed")],
      found.runs.map(row), [4]) : h("p", { class: "notice" }, say("runs.none")),
    found.others.length ? h("p", { class: "quiet small" }, say("runs.others", found.others.join(", "))) : "")
  }

  function row(run) {
    const isRun = run.kind === "run"
    const box = isRun ? h("input", { type: "checkbox", checked: chosen.has(run.id), "aria-label": say("runs.choose", run.name),
      on: { change: () => {
        if (box.checked) chosen.add(run.id); else chosen.delete(run.id)
        overlay.disabled = chosen.size < 2
        announce(say("runs.chosen", chosen.size))
      } } }) : ""
    return [box,
      h("a", { href: isRun ? `#/run/${encodeURIComponent(run.id)}` : `#/runs/${encodeURIComponent(run.id)}` }, run.name),
      h("span", { class: run.state === "running" ? "good nowrap" : run.state.length < 24 ? "nowrap" : null }, stateWords(run.state)),
      isRun ? [run.model ?? "–", h("br"), h("span", { class: "quiet small" }, [run.method, run.task].filter(Boolean).join(", "))]
        : say("runs.sweep", run.trials ?? "?"),
      [run.steps ?? "–", run.total_steps ? `/${run.total_steps}` : ""], interval(run.difference, run.ci95),
      verdict(run.verdict), h("span", { class: "small" }, shown.date(run.changed))]
  }

  await draw()
  every(2000, signal, draw, error => list.replaceChildren(problem(error)))
}

/** A verdict in its colour, and in words. */
export const verdict = word => h("span", { class: `nowrap ${{ better: "good", worse: "bad" }[word] ?? ""}` }, shown.verdict(word))

/** Known states in the person's language, others in the server's words. */
export function stateWords(state) {
  const key = { running: "state.running", finished: "state.finished", "stopped while training": "state.stopped",
    "trained, not finished": "state.trained", begun: "state.begun" }[state]
  return key ? say(key) : state
}

/**
 * Does `action` again and again until the view is left; a page that nobody sees asks for nothing. After one that took long it waits
 * nine times as long: a run that is watched needs the machine itself.
 */
export function every(milliseconds, signal, action, failed) {
  let isBusy = false, rested = 0
  const timer = setInterval(async () => {
    const began = performance.now()
    if (isBusy || document.hidden || began < rested) return
    isBusy = true
    try { await action() } catch (error) { if (!signal.aborted) failed(error) }
    isBusy = false
    rested = performance.now() + 9 * (performance.now() - began)
  }, milliseconds)
  signal.addEventListener("abort", () => clearInterval(timer), { once: true })
}
