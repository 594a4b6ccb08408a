// Elements, made of values: text is always text, never markup.

import { say } from "/page/words.js"

const svgNames = "http://www.w3.org/2000/svg"

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue
    if (name === "on") for (const [event, action] of Object.entries(value)) element.addEventListener(event, action)
    else if (name === "value" || name === "checked" || name === "indeterminate") element[name] = value
    else element.setAttribute(name, value === true ? "" : value)
  }
  element.append(...children.flat(9).filter(child => child !== null && child !== undefined && child !== false))
  return element
}

/** An element `tag` with attributes, listeners (`on`) and children. */
export const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children)

/** The same of SVG. */
export const s = (tag, properties, ...children) => fill(document.createElementNS(svgNames, tag), properties, children)

let last = 0
/** A name that no other element of the page has. */
export const unique = prefix => `${prefix}-${++last}`

/** A label above a control, with a line below it. */
export function field(label, control, hint) {
  control.id ||= unique("field")
  const line = hint && h("p", { class: "quiet small", id: control.id + "-hint" }, hint)
  if (line) control.setAttribute("aria-describedby", line.id)
  return h("div", { class: "field" }, h("label", { for: control.id }, label), control, line)
}

/** A control before its label, in one line. */
export function choice(label, control) {
  control.id ||= unique("choice")
  return h("span", { class: "row" }, control, h("label", { for: control.id }, label))
}

export const button = (label, action, properties = {}) =>
  h("button", { type: "button", ...properties, on: { click: action } }, label)

export const facts = pairs =>
  h("dl", { class: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))))

/** A table that scrolls by itself where it is too wide. */
export function table(caption, head, rows, numbers = []) {
  const cell = (tag, value, column) => h(tag, {
    class: numbers.includes(column) ? "number" : null, scope: tag === "th" ? "col" : null }, value)
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", null, h("caption", null, caption),
      h("thead", null, h("tr", null, head.map((value, column) => cell(value === "" ? "td" : "th", value, column)))),
      h("tbody", null, rows.map(row => h("tr", null, row.map((value, column) => cell("td", value, column)))))))
}

/** What went wrong, where it is seen and heard. */
export const problem = error => h("p", { class: "notice bad", role: "alert" }, error?.message ?? String(error))

/** Says something in the page's last line; with `isHeard`, to those alone who do not see the page change. */
export function announce(text, isHeard = false) {
  const status = document.getElementById("status")
  status.classList.toggle("heard", isHeard)
  status.textContent = text
}

/** Offers `text` as a file. */
export function download(name, text, type = "application/json") {
  const address = URL.createObjectURL(new Blob([text], { type }))
  h("a", { href: address, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(address), 1000)
}

const isNumber = value => typeof value === "number" && Number.isFinite(value)

/** With so many digits after the point; what rounds to nought has no sign. */
const fixed = (value, digits) => value.toFixed(digits).replace(/^-(?=[0.]+$)/, "")

export const shown = {
  number: (value, digits = 4) => isNumber(value) ? fixed(value, digits) : "–",
  signed: (value, digits = 4) => (value > 0 && /[1-9]/.test(shown.number(value, digits)) ? "+" : "") + shown.number(value, digits),
  brief: value => !isNumber(value) ? "–" : value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(2)
    : String(Number(value.toPrecision(4))),
  percent: value => isNumber(value) ? (100 * value).toFixed(value < 0.001 ? 3 : 1) + " %" : "–",
  bytes(value) {
    if (!isNumber(value)) return "–"
    const units = ["B", "kB", "MB", "GB", "TB"]
    let unit = 0
    while (value >= 1000 && unit < 4) { value /= 1000; unit++ }
    return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
  },
  seconds(value) {
    if (!isNumber(value)) return "–"
    const whole = Math.round(value)
    if (whole < 60) return `${whole} s`
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
    return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`
  },
  date: text => text ? new Date(text).toLocaleString(document.documentElement.lang, {
    dateStyle: "medium", timeStyle: "short" }) : "–",
  verdict: word => ({ better: say("verdict.better"), worse: say("verdict.worse"),
    "no difference": say("verdict.none") })[word] ?? word ?? "–",
}
