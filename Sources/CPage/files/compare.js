// The view Compare: one prompt, asked of the base and of adapters at once, and a set of prompts with their answers.

import { answer } from "/page/api.js"
import { announce, button, choice, download, field, h, problem, shown } from "/page/dom.js"
import { asks, messages, samplingFields, scaleSlider } from "/page/sampling.js"
import { keep, recall } from "/page/store.js"
import { tokenText } from "/page/tokens.js"
import { say } from "/page/words.js"

export async function compareView({ place, state, signal }) {
  const { served } = state
  const prompt = h("textarea", { rows: 4, value: recall("compare.prompt", "") })
  const sampling = samplingFields("compare", { temperature: 0, seed: 1 })
  const columns = [null, ...served.adapters].map((adapter, index) => column(served, adapter, index < 3))
  const run = h("button", { class: "main" }, say("compare.ask"))
  const stop = button(say("stop"), () => running?.abort(), { hidden: true })
  const keepButton = button(say("compare.keep"), () => keepAnswers(), { disabled: true })
  const marks = h("input", { type: "checkbox", checked: true, on: { change: () => {
    for (const one of columns) one.mark(marks.checked)
  } } })
  const set = promptSet(show, askAll)
  // What the answers that are shown were given to: the fields may say something else by now.
  let running = null, asked = null

  function show(one) {
    running?.abort()
    prompt.value = one.prompt
    asked = null
    keepButton.disabled = true
    for (const column of columns) column.clear()
  }

  async function ask(text) {
    const own = new AbortController()
    running = own
    signal.addEventListener("abort", () => own.abort(), { once: true })
    run.disabled = true
    stop.hidden = false
    keepButton.disabled = true
    keep("compare.prompt", text)
    for (const one of columns) one.clear()
    asked = { prompt: text, system: sampling.system() }
    const body = { ...sampling.value(), messages: messages(asked.system, [{ role: "user", content: text }]) }
    await Promise.all(columns.filter(one => one.isAsked()).map(one => one.ask(body, own.signal)))
    running = null
    run.disabled = false
    stop.hidden = true
    keepButton.disabled = asked === null
    if (!signal.aborted) announce(own.signal.aborted ? say("chat.stopped") : say("compare.done"))
    return !own.signal.aborted
  }

  const answers = () => columns.map(one => one.kept()).filter(Boolean)
  const keepAnswers = () => set.put({ ...asked, answers: answers() })

  async function askAll(list) {
    if (running) return
    for (const one of list) {
      prompt.value = one.prompt
      if (!await ask(one.prompt)) return
      set.put({ ...one, ...asked, answers: answers() })
    }
  }

  function submit(event) {
    event.preventDefault()
    if (prompt.value.trim() && !running) ask(prompt.value.trim())
  }
  prompt.addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit(event)
  })
  place.replaceChildren(h("div", { class: "stack" },
    served.adapters.length ? "" : h("p", { class: "notice" }, say("compare.alone")),
    h("form", { class: "stack", on: { submit } }, field(say("compare.prompt"), prompt, say("compare.keys")),
      h("div", { class: "row" }, run, stop, keepButton, choice(say("compare.marks"), marks))),
    sampling.element, h("div", { class: "grid" }, columns.map(one => one.element)), set.element))
}

/** One that is asked, with its answer. */
function column(served, adapter, isAsked) {
  const name = adapter?.name ?? served.model
  const box = h("input", { type: "checkbox", checked: isAsked })
  const answered = tokenText(say("compare.answer", name)), note = h("p", { class: "quiet small" }), trouble = h("div")
  let scale = adapter?.scale ?? 1, given = null
  return {
    element: h("section", { class: "panel", "aria-label": name },
      h("h2", null, choice(adapter ? name : say("base.named", name), box)),
      adapter ? scaleSlider(say("scale"), scale, value => { scale = value }) : "",
      answered.element, note, trouble),
    isAsked: () => box.checked,
    /** The answer with what it was given by; null where there is none. */
    kept: () => given && { ...given, text: answered.text() },
    mark(isOn) { answered.element.firstChild.classList.toggle("plain", !isOn) },
    clear() { given = null; answered.clear(); note.textContent = ""; trouble.replaceChildren() },
    async ask(body, signal) {
      given = { model: adapter ? `${served.model} + ${name}` : name, scale: adapter ? scale : null }
      answered.busy(true)
      try {
        const { usage, first, seconds, reason } = await answer(
          { ...asks(served, adapter, scale), ...body, logprobs: true, top_logprobs: 5 }, signal, answered.take)
        const tokens = usage?.completion_tokens
        note.textContent = [tokens && `${tokens} ${say("tokens")}`,
          first && `${say("compare.first")} ${shown.number(first, 2)} s`,
          tokens && `${shown.number(tokens / seconds, 1)} ${say("per.second")}`,
          reason === "length" && say("chat.cut")].filter(Boolean).join(" · ")
      } catch (error) {
        if (!signal.aborted) trouble.replaceChildren(problem(error))
      }
      answered.busy(false)
    },
  }
}

/** Prompts with the answers that were kept. */
function promptSet(use, askAll) {
  let list = recall("compare.set", [])
  const place = h("ol", { class: "list" }), element = h("section", { "aria-label": say("compare.set") })
  const file = h("input", { type: "file", accept: ".jsonl,.txt", on: { change: read } })

  function changed() {
    if (!keep("compare.set", list)) announce(say("chat.unsaved"))
    draw()
  }

  /** One prompt a line, or JSON Lines with `prompt`. */
  async function read() {
    const text = await file.files[0]?.text() ?? ""
    for (const line of text.split(/\r?\n/).filter(line => line.trim())) {
      let prompt = line
      try { prompt = JSON.parse(line).prompt ?? line } catch { /* A plain line. */ }
      if (typeof prompt === "string" && !list.some(one => one.prompt === prompt)) list.push({ prompt, answers: [] })
    }
    file.value = ""
    changed()
  }

  function draw() {
    place.replaceChildren(...list.map(one => h("li", { class: "panel" },
      h("div", { class: "answer" }, one.prompt),
      one.answers.length ? h("details", null, h("summary", null, say("compare.answers", one.answers.length)),
        h("div", { class: "grid" }, one.answers.map(answer => h("div", null,
          h("h3", null, answer.model + (answer.scale === null ? "" : ` × ${answer.scale}`)),
          h("div", { class: "answer" }, answer.text))))) : "",
      h("div", { class: "row" }, button(say("compare.use"), () => use(one), { class: "link" }),
        button(say("remove"), () => { list = list.filter(other => other !== one); changed() }, { class: "link" })))))
    element.replaceChildren(h("h2", null, say("compare.set")),
      h("p", { class: "quiet" }, say(list.length ? "compare.set.kept" : "compare.set.empty")), place,
      h("div", { class: "row" },
        button(say("compare.again"), () => askAll([...list]), { disabled: !list.length }),
        button(say("export"), () => download("prompts.jsonl",
          list.map(one => JSON.stringify(one) + "\n").join(""), "application/x-ndjson"), { disabled: !list.length }),
        h("div", null, field(say("compare.read"), file))))
  }

  draw()
  return { element, put(one) {
    if (!one.prompt) return
    const at = list.findIndex(other => other.prompt === one.prompt)
    if (at < 0) list.push(one); else list[at] = one
    changed()
  } }
}
