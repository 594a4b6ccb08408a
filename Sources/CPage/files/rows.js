// The view Rows: held-out rows of a run, what base and adapter make of them, token by token; rows that are wrong are marked.

import { get, post } from "/page/api.js"
import { announce, button, field, h, problem, shown, table } from "/page/dom.js"
import { held } from "/page/store.js"
import { walk } from "/page/tokens.js"
import { say } from "/page/words.js"

const perPage = 25
const change = row => (row.adapter?.loss ?? NaN) - (row.base?.loss ?? NaN)
const down = value => row => -(Number.isFinite(value(row)) ? value(row) : -Infinity)

/** The share that the adapter gives to a label that is not the row's. */
const suspicion = row => row.label !== undefined && row.adapter?.label !== undefined && row.adapter.label !== row.label
  ? row.adapter.probability ?? 0 : -1

const orders = {
  changed: down(row => Math.abs(change(row))), gained: down(row => -change(row)), lost: down(change),
  worst: down(row => row.adapter?.loss ?? row.base?.loss), suspect: down(suspicion), given: row => row.index,
}

export async function rowsView({ place, title, rest, signal }) {
  const id = rest[0], path = `/studio/runs/${encodeURIComponent(id)}`
  title.textContent = `${say("rows.title")}: ${id}`
  const found = await get(path + "/rows", signal)
  let marked = found.reviews
  if (!found.rows.length) return place.replaceChildren(h("p", { class: "notice" }, say("rows.none")), reportLink(found, path))
  const hasLabels = found.rows.some(row => row.label !== undefined)
  // Numbers of rows are those of the recipe's own held-out rows; further sets count anew, and so may a run that is done again.
  const mark = (row, place = row.place) => row.set ? undefined
    : marked.find(one => one.index === row.index && (place === undefined || one.place === place))
  const select = h("select", { on: { change: () => { first = 0; draw() } } }, Object.keys(orders)
    .filter(name => name !== "suspect" || hasLabels).map(name => h("option", { value: name }, say("rows.order." + name))))
  const list = h("div"), detail = h("section", { tabindex: "-1", "aria-live": "polite" }), review = h("section")
  let first = 0

  function draw() {
    const key = orders[select.value], chosen = select.value === "suspect" ? found.rows.filter(row => suspicion(row) >= 0) : found.rows
    const sorted = chosen.map(row => [key(row), row]).sort((a, b) => a[0] - b[0] || a[1].index - b[1].index).map(pair => pair[1])
    const page = sorted.slice(first, first + perPage), extra = hasLabels || page.some(row => said(row.adapter))
    list.replaceChildren(table(say("rows.caption", sorted.length),
      ["#", say("side.base"), say("side.adapter"), say("run.difference"), ...extra ? [say("side.base"), say("side.adapter")] : [],
        say("rows.place"), ""], page.map(row => [
        row.index, shown.number(row.base?.loss), shown.number(row.adapter?.loss), colour(change(row)),
        ...extra ? [said(row.base), said(row.adapter)] : [],
        h("span", { class: "small" }, row.set ? `${row.set}, ` : "", row.place ?? "–", mark(row) ? " ⚑" : ""),
        row.set ? "" : button(say("rows.show"), () => show(row), { "aria-label": `${say("rows.show")} ${row.index}` })]), [0, 1, 2, 3]),
    h("div", { class: "row" },
      button(say("rows.previous"), () => { first -= perPage; draw() }, { disabled: first === 0 }),
      h("span", null, say("rows.page", Math.min(first + 1, sorted.length), Math.min(first + perPage, sorted.length), sorted.length)),
      button(say("rows.next"), () => { first += perPage; draw() }, { disabled: first + perPage >= sorted.length })))
  }

  async function show(row) {
    detail.replaceChildren(h("p", { class: "quiet" }, "…"))
    detail.focus()
    try {
      const example = await get(`${path}/rows/${row.index}`, signal)
      const tokens = h("div", { class: "answer", tabindex: "0", role: "group",
        "aria-label": `${say("rows.detail", row.index)}. ${say("tokens.keys")}` })
      const note = h("p", { class: "small quiet", "aria-live": "polite" })
      let words = drawTokens(tokens, example, null)
      walk(tokens, () => [...tokens.children], at => { if (words[at]) note.textContent = words[at] })
      const losses = button(say("rows.losses"), async () => {
        losses.disabled = true
        note.textContent = say("rows.losses.busy")
        try {
          words = drawTokens(tokens, example, await post(`${path}/rows/${row.index}/losses`, {}, signal))
          note.textContent = say("rows.legend")
        } catch (error) { note.replaceChildren(problem(error)) }
        losses.disabled = false
      }, { disabled: !held("token", "") })
      detail.replaceChildren(h("div", { class: "panel stack" }, h("h2", null, say("rows.detail", row.index)),
        h("p", { class: "quiet small" }, example.place), tokens, h("div", { class: "row" }, losses), note,
        held("token", "") ? marking(row, example.place) : h("p", { class: "quiet small" }, say("run.token"))))
    } catch (error) { if (!signal.aborted) detail.replaceChildren(problem(error)) }
  }

  function marking(row, rowPlace) {
    const known = mark(row, rowPlace), note = h("input", { type: "text", value: known?.note ?? "" })
    const unmark = button(say("rows.unmark"), () => tell(false), { hidden: !known })
    const tell = async isWrong => {
      try {
        const answer = await post(path + "/reviews", { index: row.index, wrong: isWrong, note: note.value.trim() })
        marked = answer.reviews
        unmark.hidden = !isWrong
        announce(isWrong ? say("rows.marked", answer.path) : say("rows.unmark"))
        drawReview(answer)
        draw()
      } catch (error) { detail.append(problem(error)) }
    }
    return h("div", { class: "row" }, field(say("rows.note"), note), button(say("rows.mark"), () => tell(true)), unmark)
  }

  function drawReview(answer) {
    review.replaceChildren(...answer.step ? [h("h2", null, say("rows.review")), h("p", { class: "small quiet" }, answer.path),
      h("pre", { tabindex: "0" }, answer.step)] : [])
  }

  place.replaceChildren(h("div", { class: "row" }, h("div", null, field(say("rows.order"), select)), reportLink(found, path),
    h("a", { href: `#/run/${encodeURIComponent(id)}` }, say("run.title"))), list, detail, review)
  draw()
  drawReview(found)
}

const reportLink = (found, path) => found.has_report
  ? h("a", { href: path + "/data.html", target: "_blank" }, say("rows.report")) : ""

const colour = value => h("span", { class: value < 0 ? "good" : value > 0 ? "bad" : null }, shown.signed(value))

/** What a side made of a row, where it is more than a loss. */
function said(side) {
  const value = side?.answer ?? side?.text ?? side?.label ?? side?.labels ?? side?.value ?? side?.spans
  if (value === undefined || value === null) return ""
  const text = typeof value === "string" ? value : JSON.stringify(value)
  return (text.length > 120 ? text.slice(0, 120) + "…" : text)
    + (typeof side.probability === "number" ? ` (${shown.percent(side.probability)})` : "")
}

/** Draws tokens with what carries loss, and how that changed; what there is to say of each. */
function drawTokens(place, example, losses) {
  const said = []
  place.replaceChildren(...example.sequences.flatMap((sequence, index) => sequence.texts.map((text, at) => {
    const base = losses?.base[index]?.[at], adapter = losses?.adapter[index]?.[at], difference = adapter - base
    const kind = !sequence.mask[at] ? "" : " target" + (Math.abs(difference) < .1 || !losses ? "" : difference > 0 ? " worse" : " better")
    const words = losses && sequence.mask[at] ? say("rows.token", text, shown.number(base, 3), shown.number(adapter, 3)) : null
    said.push(words)
    return h("span", { class: "cell" + kind, title: words }, text)
  })))
  return said
}
