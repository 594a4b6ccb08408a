// The view Chat: turns with branches, edited, asked again, taken along.

import { answer } from "/page/api.js"
import { announce, button, download, field, h, problem, shown, unique } from "/page/dom.js"
import { markdown } from "/page/markdown.js"
import { asks, messages, samplingFields, scaleSlider } from "/page/sampling.js"
import { keep, recall } from "/page/store.js"
import * as tree from "/page/tree.js"
import { say } from "/page/words.js"

export async function chatView({ place, state, signal }) {
  const { served } = state
  let chats = tree.loadChats(), chat = chats[0] ?? tree.newChat(), running = null
  if (!chats.includes(chat)) chats.unshift(chat)
  const sampling = samplingFields("chat")
  const list = h("ul"), turns = h("ol", { class: "turns", "aria-label": say("chat.turns") }), trouble = h("div")
  const input = h("textarea", { rows: 3, placeholder: say("chat.placeholder"), "aria-label": say("chat.message") })
  const send = h("button", { class: "main" }, say("chat.send"))
  const stop = button(say("stop"), () => running?.abort(), { hidden: true })
  const voice = voicePicker(served)

  function saved() {
    chat.changed = Date.now()
    if (!tree.saveChats(chats)) announce(say("chat.unsaved"))
  }

  function drawList() {
    list.replaceChildren(...chats.map(one => h("li", null,
      button(one.title || say("chat.untitled"), () => open(one), { "aria-current": one === chat ? "true" : null }),
      button("✕", () => remove(one), { class: "link", "aria-label": say("chat.remove", one.title || say("chat.untitled")) }))))
  }

  function open(one) {
    running?.abort()
    chat = one
    drawList()
    drawTurns()
    input.focus()
  }

  function remove(one) {
    if (tree.path(one).length && !confirm(say("chat.remove.sure"))) return
    chats = chats.filter(other => other !== one)
    if (!chats.length) chats.push(tree.newChat())
    saved()
    if (one === chat) open(chats[0]); else drawList()
  }

  function drawTurns() {
    turns.replaceChildren(...tree.path(chat).map(drawTurn))
    send.disabled = running !== null
    stop.hidden = running === null
  }

  function drawTurn(node) {
    const { at, of } = tree.place(chat, node.id), who = say("chat." + node.role), said = h("div", { class: "said" })
    said.replaceChildren(...(node.role === "assistant" ? markdown(node.content) : [h("div", { class: "answer" }, node.content)]))
    const branch = by => { tree.turn(chat, node.id, by); saved(); drawTurns(); announce(say("chat.branch", at + by + 1, of)) }
    const tools = h("div", { class: "row small" },
      of > 1 && h("span", { class: "row" },
        button("‹", () => branch(-1), { disabled: at === 0, "aria-label": say("chat.previous") }),
        h("span", null, `${at + 1}/${of}`),
        button("›", () => branch(1), { disabled: at === of - 1, "aria-label": say("chat.next") })),
      node.role === "user" && button(say("edit"), () => edit(node), { class: "link" }),
      node.role === "assistant" && button(say("chat.again"), () => again(node), { class: "link" }),
      button(say("copy"), () => navigator.clipboard?.writeText(node.content).then(() => announce(say("copied"))), { class: "link" }),
      node.note && h("span", { class: "quiet" }, node.note))
    return h("li", { class: `panel turn ${node.role}`, "data-id": node.id }, h("h2", null, who), said, tools)
  }

  function edit(node) {
    const box = h("textarea", { rows: 4, value: node.content, "aria-label": say("chat.edit") })
    const item = turns.querySelector(`[data-id="${node.id}"]`)
    item.replaceChildren(box, h("div", { class: "row" },
      button(say("chat.send"), () => {
        if (running || !box.value.trim()) return
        ask(tree.add(chat, node.parent, "user", box.value.trim()))
      }, { class: "main" }), button(say("cancel"), drawTurns)))
    box.focus()
  }

  const again = node => { if (!running) ask(node.parent) }

  async function ask(question) {
    const own = new AbortController(), asked = chat
    running = own
    signal.addEventListener("abort", () => own.abort(), { once: true })
    const { adapter, scale, name } = voice.value()
    const reply = tree.add(asked, question, "assistant", ""), node = asked.nodes[reply]
    trouble.replaceChildren()
    drawList()
    drawTurns()
    const item = turns.querySelector(`[data-id="${reply}"] .said`)
    item?.setAttribute("aria-busy", "true")
    let pending = false
    const draw = () => { pending = false; if (asked === chat) item?.replaceChildren(...markdown(node.content)) }
    try {
      const end = await answer({
        ...asks(served, adapter, scale), ...sampling.value(),
        messages: messages(sampling.system(), tree.before(asked, reply)) }, own.signal, text => {
        node.content += text
        if (!pending) { pending = true; requestAnimationFrame(draw) }
      })
      node.note = note(name, end)
    } catch (error) {
      node.note = own.signal.aborted ? say("chat.stopped") : say("chat.failed")
      if (!own.signal.aborted) trouble.replaceChildren(problem(error))
    }
    if (!node.content && node.note === say("chat.failed")) drop(asked, reply)
    if (running === own) running = null
    saved()
    if (asked === chat && !signal.aborted) {
      drawTurns()
      announce(say("chat.done", node.content.slice(0, 400)), true)
    }
  }

  /** An answer of which there is nothing. */
  function drop(chat, id) {
    const above = chat.nodes[chat.nodes[id].parent]
    above.children = above.children.filter(other => other !== id)
    above.chosen = Math.max(0, above.children.length - 1)
    delete chat.nodes[id]
  }

  function submit(event) {
    event?.preventDefault()
    const text = input.value.trim()
    if (!text || running) return
    input.value = ""
    ask(tree.add(chat, tree.leaf(chat), "user", text))
  }

  input.addEventListener("keydown", event => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event)
  })
  const file = () => (chat.title || "chat").replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40)
  place.replaceChildren(h("div", { class: "chat" },
    h("aside", { "aria-label": say("chat.list") },
      button(say("chat.new"), () => { const one = tree.newChat(); chats.unshift(one); open(one) }), list),
    h("section", { "aria-label": say("chat.title"), class: "stack" },
      voice.element, turns, trouble,
      h("form", { class: "stack", on: { submit } }, input, h("div", { class: "row" }, send, stop,
        h("span", { class: "quiet small" }, say("chat.keys")))),
      sampling.element,
      h("div", { class: "row small" }, say("export"),
        button("Markdown", () => download(file() + ".md", tree.asText(chat), "text/markdown"), { class: "link" }),
        button("JSONL", () => download(file() + ".jsonl", tree.asRow(chat, sampling.system()), "application/x-ndjson"),
          { class: "link", title: say("chat.row") }),
        button("JSON", () => download(file() + ".json", JSON.stringify(chat, null, 2)), { class: "link", title: say("chat.all") })))))
  signal.addEventListener("abort", () => running?.abort(), { once: true })
  drawList()
  drawTurns()
}

function note(name, { reason, usage, seconds }) {
  const tokens = usage?.completion_tokens
  return [name, tokens && `${tokens} ${say("tokens")}`,
    tokens && seconds > 0 && `${shown.number(tokens / seconds, 1)} ${say("per.second")}`,
    reason === "length" && say("chat.cut")].filter(Boolean).join(" · ")
}

/** Who answers: the base, or an adapter at a scale. */
function voicePicker(served) {
  const remembered = recall("chat.voice", served.adapters[0]?.name ?? "")
  const select = h("select", { id: unique("voice") }, h("option", { value: "" }, say("base.named", served.model)),
    served.adapters.map(adapter => h("option", { value: adapter.name }, adapter.name)))
  select.value = served.adapters.some(adapter => adapter.name === remembered) ? remembered : ""
  const slider = h("div")
  let scale = 1
  const chosen = () => served.adapters.find(adapter => adapter.name === select.value)
  function draw() {
    keep("chat.voice", select.value)
    scale = chosen()?.scale ?? 1
    slider.replaceChildren(chosen() ? scaleSlider(say("scale"), scale, value => { scale = value }) : "")
  }
  select.addEventListener("change", draw)
  draw()
  return {
    element: h("div", { class: "row", hidden: served.adapters.length === 0 }, field(say("chat.model"), select), slider),
    value: () => ({ adapter: chosen(), scale, name: chosen()?.name ?? served.model }),
  }
}
