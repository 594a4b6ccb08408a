// Curves with a table behind them: drawn for the width that there is, read by the pointer, by arrow keys, or as a table.

import { h, s, shown, table } from "/page/dom.js"
import { say } from "/page/words.js"

const margin = { left: 56, right: 12, top: 8, bottom: 24 }, rowsAtMost = 50

/** Round numbers from `low` to `high`. */
function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].find(factor => factor * power >= raw) * power
  const found = []
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Number(at.toPrecision(12)))
  return found
}

function extent(values) {
  let low = Infinity, high = -Infinity
  for (const value of values) { if (value < low) low = value; if (value > high) high = value }
  if (low > high) return [0, 1]
  return low === high ? [low - Math.abs(low || 1) * .1, high + Math.abs(high || 1) * .1] : [low, high]
}

const finite = points => points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))

/** A line, broken where a number is missing. */
function line(points, x, y) {
  let path = "", pen = false
  for (const [at, value] of points) {
    if (!Number.isFinite(value)) { pen = false; continue }
    path += `${pen ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`
    pen = true
  }
  return path
}

/** The value of a series at `x`, or just before it. */
function valueAt(points, x) {
  let low = 0, high = points.length - 1, found = null
  while (low <= high) {
    const middle = (low + high) >> 1
    if (points[middle][0] <= x) { found = points[middle]; low = middle + 1 } else high = middle - 1
  }
  return found
}

/**
 * A figure of `series`: `{ name, points: [[x, y]…], dashed, colour }`, by step.
 * `set(series)` draws others in their place.
 */
export function chart(title, series, { height = 200 } = {}) {
  const drawing = s("svg", { class: "chart", role: "img", tabindex: "0", height })
  const reading = h("p", { class: "quiet small", "aria-live": "polite" }, " ")
  const key = h("div", { class: "row small key" }), behind = h("div")
  const details = h("details", { on: { toggle: fillTable } }, h("summary", null, say("chart.table")), behind)
  const figure = h("figure", { class: "panel" }, h("figcaption", null, title), key, drawing, reading, details)
  let cursor = null, scale = null

  function draw() {
    const width = Math.max(200, drawing.clientWidth || figure.clientWidth - 34)
    const all = series.map(one => finite(one.points))
    const xs = extent(all.flatMap(points => points.length ? [points[0][0], points.at(-1)[0]] : []))
    const ys = extent(all.flatMap(points => points.map(point => point[1])))
    const x = at => margin.left + (at - xs[0]) / (xs[1] - xs[0]) * (width - margin.left - margin.right)
    const y = at => height - margin.bottom - (at - ys[0]) / (ys[1] - ys[0]) * (height - margin.top - margin.bottom)
    scale = { x, xs, width }
    drawing.setAttribute("viewBox", `0 0 ${width} ${height}`)
    drawing.setAttribute("aria-label", `${title}: ${summary(all)}`)
    drawing.replaceChildren(
      ...ticks(...ys, 4).flatMap(at => [
        s("line", { class: "axis", x1: margin.left, x2: width - margin.right, y1: y(at), y2: y(at) }),
        s("text", { x: margin.left - 6, y: y(at) + 4, "text-anchor": "end" }, shown.brief(at))]),
      ...ticks(...xs, width < 500 ? 4 : 8).map(at =>
        s("text", { x: x(at), y: height - 6, "text-anchor": "middle" }, shown.brief(at))),
      ...series.map((one, index) => s("path", {
        class: `series-${one.colour ?? index % 6}${one.dashed ? " dashed" : ""}`, d: line(one.points, x, y) })),
      ...all.flatMap((points, index) => points.length === 1 ? [s("circle", {
        class: `series-${series[index].colour ?? index % 6}`, cx: x(points[0][0]), cy: y(points[0][1]), r: 3 })] : []))
    if (cursor !== null) drawing.append(s("line", {
      class: "cursor", x1: x(cursor), x2: x(cursor), y1: margin.top, y2: height - margin.bottom }))
    key.replaceChildren(...(series.length > 1 ? series : []).map((one, index) => h("span", null,
      s("svg", { viewBox: "0 0 24 12", "aria-hidden": "true", class: "chart" }, s("path", {
        class: `series-${one.colour ?? index % 6}${one.dashed ? " dashed" : ""}`, d: "M0 6L24 6" })), " ", one.name)))
  }

  const summary = all => all.map((points, index) => points.length === 0 ? `${series[index].name} –`
    : `${series[index].name} ${shown.brief(points[0][1])} → ${shown.brief(points.at(-1)[1])}`).join(", ")

  function read(at) {
    cursor = Math.max(scale.xs[0], Math.min(scale.xs[1], Math.round(at)))
    reading.textContent = `${say("step")} ${cursor}: ` + series.map(one => {
      const found = valueAt(one.points, cursor)
      return `${one.name} ${found ? shown.brief(found[1]) : "–"}`
    }).join(", ")
    draw()
  }

  function fillTable() {
    if (!details.open) return
    const steps = [...new Set(series.flatMap(one => one.points.map(point => point[0])))].sort((a, b) => a - b)
    const every = Math.max(1, Math.ceil(steps.length / rowsAtMost))
    const rows = steps.filter((_, index) => index % every === 0 || index === steps.length - 1)
      .map(step => [step, ...series.map(one => {
        const found = valueAt(one.points, step)
        return found ? shown.brief(found[1]) : "–"
      })])
    behind.replaceChildren(table(title, [say("step"), ...series.map(one => one.name)], rows, series.map((_, i) => i + 1)))
  }

  drawing.addEventListener("pointermove", event => {
    const box = drawing.getBoundingClientRect(), inner = scale.width - margin.left - margin.right
    const at = (event.clientX - box.left) / box.width * scale.width
    read(scale.xs[0] + (at - margin.left) / inner * (scale.xs[1] - scale.xs[0]))
  })
  drawing.addEventListener("keydown", event => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key]
    if (!move) return
    event.preventDefault()
    read((cursor ?? scale.xs[1]) + move)
  })
  let width = 0
  new ResizeObserver(([entry]) => {
    if (Math.abs(entry.contentRect.width - width) < 1) return
    width = entry.contentRect.width
    draw()
  }).observe(figure)
  return { figure, set(others) { series = others; draw(); fillTable() } }
}

/** A difference with its 95% interval about nought: what lies left of the line is less loss. */
export function interval(difference, bounds) {
  if (typeof difference !== "number") return "–"
  const text = shown.signed(difference) + (bounds ? ` (${shown.signed(bounds[0])} … ${shown.signed(bounds[1])})` : "")
  if (!bounds) return text
  const reach = Math.max(...bounds.map(Math.abs), Math.abs(difference), 1e-9) * 1.1
  const x = value => 60 + value / reach * 58
  return h("div", null, h("span", null, text), s("svg", {
    class: "interval", viewBox: "0 0 120 16", "aria-hidden": "true" },
    s("line", { x1: 60, x2: 60, y1: 0, y2: 16 }), s("line", { x1: 2, x2: 118, y1: 8, y2: 8 }),
    s("line", { class: "span", x1: x(bounds[0]), x2: x(bounds[1]), y1: 8, y2: 8 }),
    s("circle", { cx: x(difference), cy: 8, r: 3.5 })))
}
