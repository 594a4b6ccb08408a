// Which view is shown, and what surrounds it.

import { get } from "/page/api.js"
import { announce, button, field, h, problem } from "/page/dom.js"
import { held, hold, keep } from "/page/store.js"
import { language, say, speak } from "/page/words.js"
import { chatView } from "/page/chat.js"
import { compareView } from "/page/compare.js"
import { newRunView } from "/page/newrun.js"
import { overlayView } from "/page/overlay.js"
import { rowsView } from "/page/rows.js"
import { runView } from "/page/run.js"
import { runsView } from "/page/runs.js"

/** Views by the first part of the address; those with a need are there where the server has it. */
const views = {
  runs: { title: "runs.title", needs: "runs", show: runsView, listed: true },
  run: { title: "run.title", needs: "runs", show: runView, under: "runs" },
  overlay: { title: "overlay.title", needs: "runs", show: overlayView, under: "runs" },
  rows: { title: "rows.title", needs: "runs", show: rowsView, under: "runs" },
  compare: { title: "compare.title", needs: "served", show: compareView, listed: true },
  chat: { title: "chat.title", needs: "served", show: chatView, listed: true },
  new: { title: "new.title", needs: "starts", show: newRunView, listed: true },
}

const main = document.getElementById("main")
let state = {}, leaving = new AbortController()

/** Takes the token of the printed address out of it: it stays in this tab. */
function takeToken() {
  const found = location.hash.match(/^#token=([\w-]+)$/)
  if (!found) return
  hold("token", found[1])
  history.replaceState(null, "", location.pathname + "#/")
}

const offered = name => views[name] && Boolean(state[views[name].needs])

function address() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?")
  const parts = path.split("/").filter(Boolean).map(part => {
    try { return decodeURIComponent(part) } catch { return part }
  })
  return { name: parts[0], rest: parts.slice(1), query: new URLSearchParams(query) }
}

function drawBar(current) {
  const nav = document.getElementById("views")
  nav.setAttribute("aria-label", say("views"))
  nav.replaceChildren(...Object.entries(views).filter(([name, view]) => view.listed && offered(name))
    .map(([name, view]) => h("a", {
      href: `#/${name}`, "aria-current": name === current ? "page" : views[current]?.under === name ? "true" : null },
      say(view.title))))
  const other = language() === "zh" ? "en" : "zh"
  document.getElementById("settings").replaceChildren(button(other === "zh" ? "中文" : "English", () => {
    speak(other)
    keep("language", other)
    show()
  }, { lang: other, class: "link" }))
  document.getElementById("skip").textContent = say("skip")
}

async function show() {
  leaving.abort()
  leaving = new AbortController()
  const signal = leaving.signal
  let { name, rest, query } = address()
  if (!offered(name)) {
    name = Object.keys(views).find(name => views[name].listed && offered(name))
    rest = []
  }
  drawBar(name)
  if (!name) return main.replaceChildren(h("p", { class: "notice" }, say("nothing")))
  const title = h("h1", null, say(views[name].title)), place = h("div")
  main.replaceChildren(title, place)
  document.title = `${say(views[name].title)} · Lathe`
  announce("")
  try {
    await views[name].show({ place, title, rest, query, state, signal })
  } catch (error) {
    if (signal.aborted) return
    place.replaceChildren(problem(error))
    if (error.status === 401) place.append(keyForm())
  }
}

/** Where the server wants a key. */
function keyForm() {
  const input = h("input", { type: "password", autocomplete: "off", value: held("key", "") })
  return h("form", { class: "stack", on: { submit: event => {
    event.preventDefault()
    hold("key", input.value.trim())
    start()
  } } }, field(say("key"), input, say("key.hint")), h("div", null, h("button", { class: "main" }, say("key.use"))))
}

async function start() {
  takeToken()
  try {
    state = await get("/studio/state")
  } catch (error) {
    drawBar(null)
    main.replaceChildren(h("h1", null, "Lathe"), problem(error), error.status === 401 ? keyForm() : "")
    return
  }
  await show()
}

addEventListener("hashchange", async () => {
  takeToken()
  scrollTo(0, 0)
  await show()
  main.focus({ preventScroll: true })
})
start()
