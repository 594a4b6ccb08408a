// The recipe's own key table as form fields, and the values of a form as a recipe.

import { field, h } from "/page/dom.js"
import { say } from "/page/words.js"

/** Shapes of a schema, without the nesting of `anyOf`. */
const shapes = schema => schema.anyOf ? schema.anyOf.flatMap(shapes) : [schema]

/** Keys of a schema: `{ path, name, kind, words, note, isList }`; sections come with `keys`. */
export function keysOf(schema, prefix = "") {
  return Object.entries(schema.properties ?? {}).map(([name, inner]) => {
    const all = shapes(inner).filter(shape => !(shape.type === "string" && shape.pattern)), path = prefix + name
    const section = all.find(shape => shape.type === "object" && shape.properties)
    const note = inner.description ?? ""
    if (section && !prefix) return { path, name, note, keys: keysOf(section, path + ".") }
    const has = type => all.some(shape => shape.type === type)
    const words = all.flatMap(shape => shape.enum ?? [])
    const isList = has("array") && all.filter(shape => shape.type === "array").every(shape => !has("object") && isPlain(shape.items))
    const kind = has("object") || has("array") && !isList ? "yaml" : words.length && !isList ? "word"
      : has("boolean") && all.filter(shape => shape.type !== "null").length === 1 ? "boolean"
      : has("number") || has("integer") ? "number" : "text"
    return { path, name, note, kind, isList, words: kind === "boolean" ? ["true", "false"] : words.map(String) }
  })
}

const isPlain = schema => schema && shapes(schema).every(shape => shape.type !== "object" && shape.type !== "array")

/** What a key takes where it is not given, by its line for people. */
const standing = key => key.note.match(/; default (.*)\)$/)?.[1] ?? ""

/** A field for a key; `list` names the element that lists what can be chosen. */
export function keyField(key, value, change, list) {
  const takes = () => change(key, input.value.trim())
  let input
  if (key.words.length && !key.isList && key.kind !== "number") {
    input = h("select", { on: { change: takes } }, h("option", { value: "" }, say("new.standing", standing(key))),
      key.words.map(word => h("option", { value: word }, word)))
    input.value = key.words.includes(value) ? value : ""
  } else if (key.kind === "yaml") {
    input = h("textarea", { rows: 2, class: "mono", value, spellcheck: "false", on: { change: takes } })
  } else {
    input = h("input", { type: "text", value, list, autocomplete: "off", spellcheck: "false", placeholder: standing(key),
      inputmode: key.kind === "number" && !key.isList ? "decimal" : null, on: { change: takes } })
  }
  return field(key.path, input, key.note)
}

const isNumber = text => /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)
const isBare = text => /^[A-Za-z_/.][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$/i.test(text)

function scalar(key, text) {
  if (/^\$\{\w+(:-[^}]*)?\}$/.test(text)) return JSON.stringify(text)
  if (key.words.includes(text) && isBare(text) || key.kind === "boolean" || key.words.includes("true") && /^(true|false)$/.test(text)) return text
  if (text === "null") return text
  if (isNumber(text) && (key.kind === "number" || key.isList && key.kind !== "text")) return text
  return isBare(text) ? text : JSON.stringify(text)
}

/** A value as YAML: several of a list are parted by commas. */
function written(key, text) {
  if (key.kind === "yaml" || /^[[{]/.test(text)) return text.replace(/\s*\n\s*/g, " ")
  if (key.isList && text.includes(",")) {
    return "[" + text.split(",").map(part => part.trim()).filter(Boolean).map(part => scalar(key, part)).join(", ") + "]"
  }
  return scalar(key, text)
}

/** The recipe of a form's values: sections in the table's order, what is not given left out. */
export function recipeText(keys, values) {
  const lines = []
  for (const key of keys) {
    if (!key.keys) {
      if (values[key.path]) lines.push(`${key.name}: ${written(key, values[key.path])}`)
      continue
    }
    const inner = key.keys.filter(one => values[one.path]).map(one => `  ${one.name}: ${written(one, values[one.path])}`)
    if (inner.length) lines.push(`${key.name}:`, ...inner)
  }
  return lines.join("\n") + "\n"
}
