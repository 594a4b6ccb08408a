// Markdown as elements. What a model writes is text: no markup of its own comes through, no picture is fetched.

import { h } from "/page/dom.js"

const safe = address => /^(https?:|mailto:)/i.test(address)

const inline = [
  { at: /`+/, take: takeCode },
  { at: /!?\[/, take: takeLink },
  { at: /\*\*\*/, take: (text, start, mark) => takePair(text, start, mark, "strong", "em") },
  { at: /\*\*|__/, take: (text, start, mark) => takePair(text, start, mark, "strong") },
  { at: /[*_]/, take: (text, start, mark) => takePair(text, start, mark, "em") },
  { at: /~~/, take: (text, start, mark) => takePair(text, start, mark, "s") },
]
const anyMark = /`+|!?\[|\*{1,3}|__|[*_]|~~|\\[\\`*_{}[\]()#+.!~|>-]/g

function takeCode(text, start, mark) {
  const end = text.indexOf(mark, start + mark.length)
  return end < 0 ? null : { node: h("code", null, text.slice(start + mark.length, end).trim()), end: end + mark.length }
}

function takeLink(text, start, mark) {
  const found = text.slice(start).match(/^!?\[([^[\]]*)\]\(\s*<?([^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)>?(?:\s+"[^"]*")?\s*\)/)
  if (!found) return null
  const [whole, words, address] = found, end = start + whole.length
  // A picture would be fetched: its words stand for it.
  if (mark.startsWith("!") || !safe(address)) return { node: h("span", null, words || address), end }
  return { node: h("a", { href: address, rel: "noopener noreferrer nofollow", target: "_blank" }, spans(words)), end }
}

/** How many ends are tried for a beginning: what a model writes may hold thousands that have none. */
const triesAtMost = 40

function takePair(text, start, mark, tag, inner) {
  const from = start + mark.length
  if (!text[from] || /\s/.test(text[from])) return null
  // Underscores within a word are letters, and stars after a digit multiply.
  if ((mark[0] === "_" ? /\w/ : /\d/).test(text[start - 1] ?? " ")) return null
  let tries = 0
  for (let end = text.indexOf(mark, from + 1); end > 0 && tries < triesAtMost; end = text.indexOf(mark, end + 1)) {
    tries++
    if (/\s/.test(text[end - 1]) || text[end - 1] === "\\") continue
    if (mark.length === 1 && (text[end + 1] === mark || text[end - 1] === mark)) continue
    if (mark[0] === "_" && /\w/.test(text[end + mark.length] ?? " ")) continue
    const words = spans(text.slice(from, end))
    return { node: h(tag, null, inner ? h(inner, null, words) : words), end: end + mark.length }
  }
  return null
}

/** Words within a line. */
function spans(text) {
  const nodes = []
  let rest = 0
  anyMark.lastIndex = 0
  // Marks are looked for anew after each that was taken: inner calls move the same expression.
  for (let position = 0; ;) {
    anyMark.lastIndex = position
    const found = anyMark.exec(text)
    if (!found) break
    const start = found.index, mark = found[0]
    if (mark[0] === "\\") {
      nodes.push(text.slice(rest, start), mark[1])
      rest = position = start + 2
      continue
    }
    const rule = inline.find(rule => rule.at.test(mark) && mark.match(rule.at)[0] === mark)
    const taken = rule?.take(text, start, mark)
    if (!taken) { position = start + mark.length; continue }
    nodes.push(text.slice(rest, start), taken.node)
    rest = position = taken.end
  }
  nodes.push(text.slice(rest))
  return nodes.filter(node => node !== "").flatMap(node => typeof node === "string" ? breaks(node) : [node])
}

const breaks = text => text.split(/ {2,}\n|\n/).flatMap((part, index) => index ? [h("br"), part] : [part])

const item = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/

/** Blocks, each from the first lines of what is left. */
const blocks = [
  function fence(lines) {
    const open = lines[0].match(/^\s*(`{3,}|~{3,})\s*([\w+-]*)/)
    if (!open) return null
    let end = 1
    while (end < lines.length && !lines[end].trim().startsWith(open[1])) end++
    return { node: h("pre", { tabindex: "0" }, h("code", null, lines.slice(1, end).join("\n"))), count: end + 1 }
  },
  function heading(lines) {
    const found = lines[0].match(/^(#{1,6})\s+(.*?)\s*#*$/)
    return found && { node: h(found[1].length < 3 ? "h3" : "h4", null, spans(found[2])), count: 1 }
  },
  lines => /^\s*([-*_])(\s*\1){2,}\s*$/.test(lines[0]) ? { node: h("hr"), count: 1 } : null,
  function quote(lines) {
    let count = 0
    while (count < lines.length && /^\s*>/.test(lines[count])) count++
    if (!count) return null
    return { node: h("blockquote", null, render(lines.slice(0, count).map(line => line.replace(/^\s*> ?/, "")))), count }
  },
  function grid(lines) {
    if (!lines[0].includes("|") || !/^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(lines[1] ?? "")) return null
    const cells = line => line.trim().replace(/^\||\|$/g, "").split("|").map(cell => cell.trim())
    let count = 2
    while (count < lines.length && lines[count].includes("|")) count++
    return { count, node: h("div", { class: "scroll", tabindex: "0" }, h("table", null,
      h("thead", null, h("tr", null, cells(lines[0]).map(cell => h("th", null, spans(cell))))),
      h("tbody", null, lines.slice(2, count).map(line =>
        h("tr", null, cells(line).map(cell => h("td", null, spans(cell)))))))) }
  },
  function list(lines) {
    const first = lines[0].match(item)
    if (!first) return null
    const isOrdered = /\d/.test(first[2]), items = []
    let count = 0
    while (count < lines.length) {
      const found = lines[count].match(item)
      if (found && found[1].length <= first[1].length + 1) {
        if (/\d/.test(found[2]) !== isOrdered) break
        items.push([found[3]])
      } else if (/^\s{2,}\S/.test(lines[count])) {
        items.at(-1).push(lines[count].replace(/^\s{2,4}/, ""))
      } else if (lines[count].trim() === "" && item.test(lines[count + 1] ?? "")) { /* Between items. */
      } else break
      count++
    }
    const start = isOrdered ? parseInt(first[2], 10) : null
    return { count, node: h(isOrdered ? "ol" : "ul", { start: start === 1 ? null : start },
      items.map(lines => h("li", null, lines.length === 1 ? spans(lines[0]) : render(lines)))) }
  },
  function paragraph(lines) {
    let count = 1
    while (count < lines.length && lines[count].trim() !== "" && !/^\s*(`{3,}|~{3,}|>|#{1,6}\s)/.test(lines[count])
      && !item.test(lines[count])) count++
    return { node: h("p", null, spans(lines.slice(0, count).join("\n"))), count }
  },
]

function render(lines) {
  const nodes = []
  while (lines.length) {
    if (lines[0].trim() === "") { lines = lines.slice(1); continue }
    let found = null
    for (const block of blocks) if ((found = block(lines))) break
    nodes.push(found.node)
    lines = lines.slice(found.count)
  }
  return nodes
}

/** Elements of `text`; what is nested too deep stays as it was written. */
export function markdown(text) {
  try { return render(text.replace(/\r\n?/g, "\n").split("\n")) } catch { return [h("pre", null, text)] }
}
