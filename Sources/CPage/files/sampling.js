// What is asked of a model beside the prompt: which adapters at which scales, and how tokens are drawn.

import { field, h, unique } from "/page/dom.js"
import { keep, recall } from "/page/store.js"
import { say } from "/page/words.js"

const numbers = [
  { name: "temperature", words: "sampling.temperature", standing: 0.7, min: 0, max: 2, step: 0.05 },
  { name: "top_p", words: "sampling.top_p", standing: 1, min: 0.01, max: 1, step: 0.01 },
  { name: "max_tokens", words: "sampling.max_tokens", standing: 256, min: 1, max: 131072, step: 1, whole: true },
  { name: "seed", words: "sampling.seed", standing: "", min: 0, max: 4294967295, step: 1, whole: true },
]

/** Fields for a view called `name`, which remembers them; `value()` is what a request holds. */
export function samplingFields(name, standing = {}) {
  const remembered = recall(name + ".sampling", {})
  const inputs = numbers.map(({ name, standing: own, min, max, step }) => h("input", {
    type: "number", min, max, step, inputmode: "decimal", value: remembered[name] ?? standing[name] ?? own }))
  const system = h("textarea", { rows: 2, value: remembered.system ?? "" })
  return {
    element: h("details", { class: "panel" }, h("summary", null, say("sampling.title")),
      h("div", { class: "stack" }, field(say("sampling.system"), system),
        h("div", { class: "grid" }, numbers.map(({ words }, index) => field(say(words), inputs[index]))))),
    value() {
      const found = {}, texts = { system: system.value }
      numbers.forEach(({ name, whole }, index) => {
        texts[name] = inputs[index].value
        const number = whole ? parseInt(inputs[index].value, 10) : parseFloat(inputs[index].value)
        if (Number.isFinite(number)) found[name] = number
      })
      keep(name + ".sampling", texts)
      return found
    },
    system: () => system.value.trim(),
  }
}

/** A slider for the scale of an adapter, with its number beside it. */
export function scaleSlider(label, value, change) {
  const input = h("input", { type: "range", min: 0, max: 2, step: 0.05, value, id: unique("scale") })
  const output = h("output", { for: input.id }, Number(value).toFixed(2))
  input.addEventListener("input", () => {
    output.textContent = Number(input.value).toFixed(2)
    change(Number(input.value))
  })
  return h("span", { class: "row" }, h("label", { class: "small quiet", for: input.id }, label), input, output)
}

/** What a request says of its model: the base, and adapters by their numbers. An empty list is the base alone. */
export const asks = (served, adapter, scale) => ({
  model: served.model, lora: adapter ? [{ id: adapter.id, scale: Number(scale) }] : [] })

/** The messages of a request. */
export const messages = (system, turns) => [...(system ? [{ role: "system", content: system }] : []), ...turns]
