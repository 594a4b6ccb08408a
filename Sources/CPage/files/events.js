// The log of a run, read on from where it was read to, and the curves that it holds.

import { get } from "/page/api.js"
import { say } from "/page/words.js"

/** Reads what was written since it was last asked; `events` holds all. */
export function eventReader(path) {
  let next = 0, log = ""
  const reader = { events: [], async read(signal) {
    let isNew = false
    while (true) {
      const found = await get(`${path}/events?from=${next}&log=${log}`, signal)
      // A run that was begun anew has another log.
      if (found.log !== log) { reader.events = []; log = found.log; next = 0 }
      for (const event of found.events) {
        // A run that goes on does some steps again.
        if (event.event === "training_started") {
          reader.events = reader.events.filter(old => !(["step", "evaluated"].includes(old.event) && old.step > event.from_step))
        }
        reader.events.push(event)
      }
      isNew ||= found.events.length > 0
      if (found.next === next || !found.more) { next = found.next; return isNew }
      next = found.next
    }
  } }
  return reader
}

const points = (events, kind, name) => events.filter(event => event.event === kind && typeof event[name] === "number")
  .map(event => [event.step, event[name]])

/** The series of a chart of one run. */
export function curves(events, name, run) {
  const found = [{ name: say("curve." + (name === "loss" ? "train" : name)), points: points(events, "step", name), colour: 0 }]
  if (name !== "loss") return found
  const heldOut = points(events, "evaluated", "loss")
  if (heldOut.length) found.push({ name: say("curve.heldout"), points: heldOut, colour: 1 })
  const base = run?.evaluation?.base?.loss, last = found[0].points.at(-1)?.[0]
  if (typeof base === "number" && last) {
    found.push({ name: say("curve.base"), points: [[0, base], [last, base]], dashed: true, colour: 4 })
  }
  return found
}

/** One number of several runs. */
export const overlaid = (runs, kind, name) => runs
  .map(({ id, events }, index) => ({ name: id, points: points(events, kind, name), colour: index % 6 }))
  .filter(one => one.points.length)
