// The view of one run: its course as it happens, its health in words, what it came to.

import { get, getText, post } from "/page/api.js"
import { announce, button, facts, h, problem, shown, table } from "/page/dom.js"
import { chart } from "/page/chart.js"
import { every, stateWords, verdict } from "/page/runs.js"
import { curves, eventReader } from "/page/events.js"
import { held } from "/page/store.js"
import { say } from "/page/words.js"

export async function runView({ place, title, rest, state, signal }) {
  const id = rest[0], path = `/studio/runs/${encodeURIComponent(id)}`
  title.textContent = id
  document.title = `${id} · Lathe`
  const charts = ["loss", "learning_rate", "gradient_norm", "tokens_per_second"].map(name =>
    ({ name, chart: chart(say("curve." + name), []) }))
  const head = h("div", { class: "panel stack" }), health = h("section"), result = h("section"), trouble = h("div")
  const log = h("pre", { class: "long", tabindex: "0" }), logPlace = h("details", { hidden: true }, h("summary", null, say("run.log")), log)
  const recipe = h("details", { on: { toggle: showRecipe } }, h("summary", null, say("run.recipe")), h("div"))
  place.replaceChildren(head, trouble, health, h("div", { class: "grid" }, charts.map(one => one.chart.figure)), result,
    logPlace, recipe)
  const reader = eventReader(path)
  let shownState = null, run = null

  async function draw() {
    run = await get(path, signal)
    const isNew = await reader.read(signal)
    drawHead(run, reader.events)
    drawHealth(run.health ?? [])
    if (isNew || !shownState) for (const one of charts) one.chart.set(curves(reader.events, one.name, run))
    if (run.has_log) { logPlace.hidden = false; log.textContent = (await get(path + "/log", signal)).text }
    if (shownState !== run.state) {
      if (shownState) announce(`${id}: ${stateWords(run.state)}`)
      shownState = run.state
      drawResult(run)
    }
  }

  function drawHead(run, events) {
    const last = events.findLast(event => event.event === "step")
    const stage = events.findLast(event => event.event === "stage"), isRunning = Boolean(run.process)
    const steps = last?.step ?? run.steps ?? 0
    const bar = head.querySelector("progress") ?? h("progress", { "aria-label": say("run.progress") })
    bar.max = run.total_steps || 1
    bar.value = steps
    const list = facts([
      [say("run.state"), stateWords(isRunning ? "running" : run.state)],
      [say("run.stage"), isRunning && stage ? `${stage.name} ${stage.detail}` : null],
      [say("run.steps"), `${steps}${run.total_steps ? " / " + run.total_steps : ""}`],
      [say("run.loss"), shown.number(last?.loss ?? run.last_loss)], [say("run.heldout"), shown.number(run.held_out_loss)],
      [say("curve.tokens_per_second"), last ? shown.number(last.tokens_per_second, 0) : null],
      [say("run.left"), isRunning && last ? shown.seconds(last.seconds_left) : null],
      [say("run.memory"), isRunning && run.memory_bytes ? shown.bytes(run.memory_bytes) : null],
      [say("run.peak"), run.peak_memory_bytes ? shown.bytes(run.peak_memory_bytes) : null],
      [say("run.base"), run.base?.split("/").at(-1)]])
    const tools = h("div", { class: "row" }, state.starts && isRunning && run.is_own !== false
      ? button(say("run.stop"), () => tell("stop", "run.stopping")) : "",
    state.starts && !isRunning && run.state !== "finished" ? button(say("run.resume"), () => tell("resume", "run.resumed")) : "",
    state.starts && !held("token", "") && (isRunning || run.state !== "finished")
      ? h("span", { class: "quiet small" }, say("run.token")) : "",
    h("a", { href: `#/rows/${encodeURIComponent(id)}` }, say("rows.title")),
    run.files?.includes("report.html") ? h("a", { href: path + "/report.html", target: "_blank" }, say("run.report")) : "",
    run.files?.includes("data.html") ? h("a", { href: path + "/data.html", target: "_blank" }, say("run.data")) : "")
    if (!head.firstChild || head.dataset.now !== list.textContent + tools.textContent) {
      const at = document.activeElement && head.contains(document.activeElement) ? document.activeElement.textContent : null
      head.replaceChildren(bar, list, tools)
      head.dataset.now = list.textContent + tools.textContent
      if (at) [...head.querySelectorAll("button, a")].find(one => one.textContent === at)?.focus()
    }
  }

  async function tell(what, words) {
    trouble.replaceChildren()
    try {
      await post(`${path}/${what}`, {})
      announce(say(words))
      await draw()
    } catch (error) { trouble.replaceChildren(problem(error)) }
  }

  function drawHealth(findings) {
    const text = JSON.stringify(findings)
    if (health.dataset.now === text) return
    health.dataset.now = text
    health.replaceChildren(h("h2", null, say("run.health")), findings.length ? h("ul", { class: "list" },
      findings.map(one => h("li", { class: "notice" },
        h("strong", null, one.name.replaceAll("_", " ")), one.step ? ` (${say("step")} ${one.step})` : "", ": ", one.words,
        h("br"), h("code", null, one.key), " ", one.advice)))
      : h("p", { class: "quiet" }, say(run.steps ? "run.well" : "run.unknown")))
  }

  function drawResult(run) {
    const evaluation = run.evaluation
    if (!evaluation) return result.replaceChildren()
    const sides = ["base", "adapter"].filter(side => evaluation[side])
    const names = [...new Set(sides.flatMap(side => Object.entries(evaluation[side])
      .filter(([, value]) => typeof value === "number").map(([name]) => name)))]
    result.replaceChildren(h("h2", null, say("run.result")),
      evaluation.difference ? h("p", null, verdict(evaluation.difference.verdict), ": ", say("run.result.words",
        shown.signed(evaluation.difference.loss), ...(evaluation.difference.ci95 ?? []).map(value => shown.signed(value)))) : "",
      table(say("run.result.caption", evaluation.rows ?? "?"), ["", ...sides.map(side => say("side." + side))],
        names.map(name => [name.replaceAll("_", " "), ...sides.map(side => shown.brief(evaluation[side][name]))]),
        sides.map((_, index) => index + 1)))
  }

  async function showRecipe() {
    if (!recipe.open) return
    const box = recipe.lastChild
    try {
      box.replaceChildren(h("pre", { class: "long", tabindex: "0" }, await getText(path + "/recipe.yaml")),
        h("p", { class: "small" }, say("run.command"), " ", h("code", null, run?.goes_on_with ?? `lathe run ${run?.path}/recipe.yaml`)))
    } catch (error) { box.replaceChildren(problem(error)) }
  }

  // A run that was begun a moment ago has no folder yet.
  const failed = error => {
    const line = trouble.querySelector("[data-poll]")
    if (line?.textContent === error.message) return
    const other = problem(error)
    other.dataset.poll = ""
    trouble.replaceChildren(other)
  }
  const poll = async () => {
    await draw()
    trouble.querySelector("[data-poll]")?.remove()
  }
  try { await poll() } catch (error) { if (signal.aborted || error.status === 401) throw error; failed(error) }
  every(1000, signal, poll, failed)
}
