// Requests to the server of this page, and streams of answers.

import { held } from "/page/store.js"

/** What the server said no to, in its words. */
export class RequestError extends Error {
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

function headers(more = {}) {
  const all = { ...more }
  const key = held("key", ""), token = held("token", "")
  if (key) all.Authorization = `Bearer ${key}`
  if (token) all["X-Lathe-Token"] = token
  return all
}

async function failure(response) {
  let message = `${response.status} ${response.statusText}`
  try {
    const found = await response.json()
    message = found.error?.message ?? found.error ?? message
  } catch { /* No JSON: the status says it. */ }
  return new RequestError(message, response.status)
}

async function request(path, options) {
  let response
  try { response = await fetch(path, { cache: "no-store", ...options }) } catch (error) {
    if (error.name === "AbortError") throw error
    throw new RequestError("the server does not answer", 0)
  }
  if (!response.ok) throw await failure(response)
  return response
}

export async function get(path, signal) { return (await request(path, { headers: headers(), signal })).json() }

export async function getText(path) { return (await request(path, { headers: headers() })).text() }

export async function post(path, value, signal) {
  const response = await request(path, {
    method: "POST", signal, headers: headers({ "Content-Type": "application/json" }), body: JSON.stringify(value) })
  return response.json()
}

export async function upload(path, file) {
  const response = await request(path, {
    method: "POST", headers: headers({ "Content-Type": "application/octet-stream" }), body: file })
  return response.json()
}

/** Lines of server-sent events, as they come. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  while (true) {
    const { value, done } = await reader.read()
    if (done) return
    rest += value
    const lines = rest.split(/\r?\n/)
    rest = lines.pop()
    for (const line of lines) {
      if (line.startsWith("data:")) yield line.slice(5).trim()
    }
  }
}

/**
 * Asks for an answer and calls `take` with each piece: its text, and its tokens with their probabilities.
 * Gives the reason of the end, the usage and the seconds it took.
 */
export async function answer(body, signal, take) {
  const began = performance.now()
  const response = await request("/v1/chat/completions", {
    method: "POST", signal, headers: headers({ "Content-Type": "application/json" }),
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }) })
  let reason = null, usage = null, first = null
  for await (const data of events(response)) {
    if (data === "[DONE]") break
    const event = JSON.parse(data)
    if (event.error) throw new RequestError(event.error.message ?? String(event.error), 500)
    if (event.usage) usage = event.usage
    for (const choice of event.choices ?? []) {
      const text = choice.delta?.content ?? "", tokens = choice.logprobs?.content ?? []
      if (text || tokens.length) {
        first ??= (performance.now() - began) / 1000
        take(text, tokens)
      }
      if (choice.finish_reason) reason = choice.finish_reason
    }
  }
  return { reason, usage, first, seconds: (performance.now() - began) / 1000 }
}
