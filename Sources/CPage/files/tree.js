// A chat as a tree: what was edited or asked again stands beside what it replaced.

import { keep, recall } from "/page/store.js"

const mark = () => Date.now().toString(36) + Math.floor(Math.random() * 1e9).toString(36)

/** A chat: nodes by name; of each, its children and which of them is read on. */
export const newChat = () => ({
  id: mark(), title: "", changed: Date.now(), nodes: { root: { role: "root", content: "", children: [], chosen: 0 } } })

/** The nodes that are shown, from the first turn on, with their names. */
export function path(chat) {
  const found = []
  let node = chat.nodes.root
  while (node.children.length) {
    const id = node.children[Math.min(node.chosen, node.children.length - 1)]
    node = chat.nodes[id]
    found.push({ id, ...node })
  }
  return found
}

/** The last node that is shown. */
export const leaf = chat => path(chat).at(-1)?.id ?? "root"

/** Puts a turn below `parent` and reads on there. Gives its name. */
export function add(chat, parent, role, content) {
  const id = mark(), above = chat.nodes[parent]
  chat.nodes[id] = { role, content, parent, children: [], chosen: 0 }
  above.children.push(id)
  above.chosen = above.children.length - 1
  if (!chat.title && role === "user") chat.title = content.replace(/\s+/g, " ").slice(0, 60)
  chat.changed = Date.now()
  return id
}

/** Where a turn stands among those that replace one another. */
export function place(chat, id) {
  const siblings = chat.nodes[chat.nodes[id].parent].children
  return { at: siblings.indexOf(id), of: siblings.length }
}

/** Reads on at the turn `by` places after `id`. */
export function turn(chat, id, by) {
  const above = chat.nodes[chat.nodes[id].parent], { at, of } = place(chat, id)
  above.chosen = Math.max(0, Math.min(of - 1, at + by))
}

/** The turns above `id` that a model is shown. */
export function before(chat, id) {
  const found = []
  for (let at = chat.nodes[id].parent; at !== "root"; at = chat.nodes[at].parent) {
    found.unshift({ role: chat.nodes[at].role, content: chat.nodes[at].content })
  }
  return found
}

/** The path as a row that can be trained on. */
export const asRow = (chat, system) => JSON.stringify({ messages: [
  ...(system ? [{ role: "system", content: system }] : []),
  ...path(chat).map(({ role, content }) => ({ role, content }))] }) + "\n"

/** The path for people. */
export const asText = chat => `# ${chat.title}\n\n` + path(chat)
  .map(({ role, content }) => `**${role}**\n\n${content}\n`).join("\n")

export const loadChats = () => recall("chats", []).filter(chat => chat?.nodes?.root)
export const saveChats = chats => keep("chats", chats)
