// The view of several runs: their curves over one another, in what their recipes differ, and their held-out rows pair by pair.

import { get } from "/page/api.js"
import { h, problem, shown, table } from "/page/dom.js"
import { chart, interval } from "/page/chart.js"
import { eventReader, overlaid } from "/page/events.js"
import { every, verdict } from "/page/runs.js"
import { say } from "/page/words.js"

export async function overlayView({ place, query, signal }) {
  const ids = query.getAll("run").slice(0, 6)
  const runs = ids.map(id => ({ id, path: `/studio/runs/${encodeURIComponent(id)}` }))
  if (runs.length < 2) return place.replaceChildren(h("p", { class: "notice" }, say("overlay.two")))
  const kinds = [["step", "loss", "curve.train"], ["evaluated", "loss", "curve.heldout"], ["step", "gradient_norm", "curve.gradient_norm"],
    ["step", "learning_rate", "curve.learning_rate"]]
  const charts = kinds.map(([kind, name, words]) => ({ kind, name, chart: chart(say(words), []) }))
  const differences = h("section"), pairs = h("section")
  place.replaceChildren(h("p", { class: "row" }, ids.map(id => h("a", { href: `#/run/${encodeURIComponent(id)}` }, id))),
    h("div", { class: "grid" }, charts.map(one => one.chart.figure)), differences, pairs)
  const readers = runs.map(run => eventReader(run.path))

  async function draw() {
    const found = await Promise.all(readers.map(reader => reader.read(signal)))
    if (!found.some(Boolean)) return
    const all = runs.map((run, index) => ({ id: run.id, events: readers[index].events }))
    for (const { kind, name, chart } of charts) {
      const series = overlaid(all, kind, name)
      chart.figure.hidden = series.length === 0
      chart.set(series)
    }
  }

  await draw()
  drawDifferences(differences, ids, await Promise.all(runs.map(run => get(run.path, signal))))
  try {
    drawPairs(pairs, await get("/studio/compare?" + ids.map(id => "run=" + encodeURIComponent(id)).join("&"), signal))
  } catch (error) {
    if (!signal.aborted) pairs.replaceChildren(h("h2", null, say("overlay.pairs")), h("p", { class: "notice" }, error.message))
  }
  every(2000, signal, draw, error => place.prepend(problem(error)))
}

/** Keys to which the runs' recipes give different values. */
function drawDifferences(place, ids, runs) {
  const keys = [...new Set(runs.flatMap(run => Object.keys(run.recipe ?? {})))]
  const rows = keys.map(key => [key, ...runs.map(run => run.recipe?.[key] ?? "–")])
    .filter(([, ...values]) => new Set(values).size > 1)
    .map(([key, ...values]) => [h("code", null, key), ...values.map(value => /^[0-9a-f]{64}$/.test(value) ? value.slice(0, 8) + "…" : value)])
  place.replaceChildren(h("h2", null, say("overlay.differences")), rows.length
    ? table(say("overlay.keys"), [say("overlay.key"), ...ids], rows) : h("p", { class: "quiet" }, say("overlay.same")))
}

/** Each run against the first, on the rows that both were judged on. */
function drawPairs(place, found) {
  place.replaceChildren(h("h2", null, say("overlay.pairs")),
    ...found.comparisons.map(one => table(say("overlay.against", one.run, one.against, found.rows),
      [say("overlay.metric"), one.against, one.run, say("overlay.difference"), say("run.verdict")],
      Object.entries(one.metrics).map(([name, metric]) => [name, shown.brief(metric.against), shown.brief(metric.run),
        interval(metric.difference, metric.ci95), verdict(metric.verdict)]), [1, 2])),
    ...found.notes.map(note => h("p", { class: "quiet small" }, note)))
}
