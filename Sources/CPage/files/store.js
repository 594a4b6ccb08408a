// What the browser keeps for the person: settings, chats, prompt sets. Without storage the page works, and forgets.

function box(kind) {
  try {
    const storage = window[kind]
    storage.setItem("lathe.probe", "1")
    storage.removeItem("lathe.probe")
    return storage
  } catch { return null }
}

const kept = box("localStorage"), session = box("sessionStorage")
const memory = new Map()

function read(storage, name, otherwise) {
  const text = storage ? storage.getItem("lathe." + name) : memory.get(name)
  if (text === null || text === undefined) return otherwise
  try { return JSON.parse(text) } catch { return otherwise }
}

/** False where there is no room: what is on the page stays, and is not kept. */
function write(storage, name, value) {
  const text = JSON.stringify(value)
  memory.set(name, text)
  try { storage?.setItem("lathe." + name, text) } catch { return false }
  return storage !== null
}

export const keep = (name, value) => write(kept, name, value)
export const recall = (name, otherwise) => read(kept, name, otherwise)
/** For as long as the tab is open: keys and tokens. */
export const hold = (name, value) => write(session, name, value)
export const held = (name, otherwise) => read(session, name, otherwise)
