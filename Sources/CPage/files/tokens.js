// An answer token by token: how likely each was, and what stood beside it.

import { h, shown, table } from "/page/dom.js"
import { say } from "/page/words.js"

/** Calls `show` with the number of the token that the pointer or the arrow keys ask for; `spans()` are the tokens in `place`. */
export function walk(place, spans, show) {
  let here = null
  function go(at) {
    const span = spans()[at]
    if (!span) return
    here?.classList.remove("here")
    here = span
    here.classList.add("here")
    show(at)
  }
  place.addEventListener("pointerover", event => go(spans().indexOf(event.target)))
  place.addEventListener("keydown", event => {
    const all = spans(), at = all.indexOf(here)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    go(Math.max(0, Math.min(all.length - 1, to)))
  })
}

/** A place for an answer: `take` adds a piece, `text()` is all of it. Pointer and arrow keys ask for a token. */
export function tokenText(label) {
  const list = [], shownTokens = h("div", {
    class: "answer tokens", tabindex: "0", role: "group", "aria-label": `${label}. ${say("tokens.keys")}` })
  const detail = h("div", { class: "small", "aria-live": "polite" })
  let text = ""

  function take(piece, tokens) {
    text += piece
    const whole = tokens.map(token => token.token).join("")
    if (tokens.length && whole === piece) for (const token of tokens) put(token.token, token)
    else put(piece, tokens.length === 1 ? tokens[0] : null)
  }

  function put(words, token) {
    if (!words) return
    const probability = token ? Math.exp(token.logprob) : null
    const level = probability === null ? "" : probability < .1 ? " p0" : probability < .5 ? " p1" : ""
    const span = h("span", { class: "token" + level }, words)
    list.push({ span, token, probability })
    shownTokens.append(span)
  }

  function show(at) {
    const { token, probability } = list[at]
    if (!token) return detail.replaceChildren(say("tokens.unknown"))
    const others = token.top_logprobs ?? []
    detail.replaceChildren(h("p", null, h("code", null, visible(token.token)), ` ${shown.percent(probability)}`),
      others.length ? table(`${say("tokens.others")} (${label})`, [say("token"), say("probability")],
        others.map(other => [h("code", null, visible(other.token)), shown.percent(Math.exp(other.logprob))]), [1]) : "")
  }

  walk(shownTokens, () => list.map(one => one.span), show)
  return {
    element: h("div", null, shownTokens, detail), take, text: () => text,
    clear() { list.length = 0; text = ""; shownTokens.replaceChildren(); detail.replaceChildren() },
    busy(value) { shownTokens.setAttribute("aria-busy", String(value)) },
  }
}

const visible = text => text.replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥")
