// What the page says, in English and Chinese. Words of the server itself come as they are.

import { chinese } from "/page/words.zh.js"
import { english } from "/page/words.en.js"
import { recall } from "/page/store.js"

const dictionaries = { en: english, zh: chinese }
let current = recall("language", navigator.language?.startsWith("zh") ? "zh" : "en")
speak(current)

export const language = () => current

/** From here on in `code`: `en` or `zh`. */
export function speak(code) {
  current = dictionaries[code] ? code : "en"
  document.documentElement.lang = current === "zh" ? "zh-Hans" : "en"
}

/** The words called `name`, with `values` in the places `{0}`, `{1}` … */
export function say(name, ...values) {
  const words = dictionaries[current][name] ?? english[name] ?? name
  return words.replace(/\{(\d)\}/g, (_, at) => String(values[at] ?? "–"))
}
