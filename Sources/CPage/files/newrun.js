// The view New run: a form of the recipe's keys, its checks, the plan's answer, and the start.

import { get, getText, post, upload } from "/page/api.js"
import { announce, button, facts, field, h, problem, shown, unique } from "/page/dom.js"
import { keyField, keysOf, recipeText } from "/page/keys.js"
import { held, keep, recall } from "/page/store.js"
import { say } from "/page/words.js"

/** Keys that most runs give; all others are below. */
const common = ["name", "model.path", "data.train", "data.held_out", "data.val_size", "task", "data.format", "data.max_length",
  "data.too_long", "adapter.method", "adapter.r", "adapter.alpha", "adapter.target_modules", "train.epochs", "train.max_steps",
  "train.batch_size", "train.learning_rate", "train.lr_scheduler", "train.memory_limit"]

export async function newRunView({ place, signal }) {
  const [schema, files] = await Promise.all([get("/studio/schema", signal), get("/studio/files", signal)])
  const keys = keysOf(schema), all = keys.flatMap(key => key.keys ?? [key])
  const values = recall("new.values", { name: "first-run", "data.val_size": "0.1" })
  const recipe = h("textarea", { rows: 16, class: "mono", spellcheck: "false", on: { input: () => { own.hidden = false } } })
  const own = h("p", { class: "notice", hidden: true }, say("new.own"), " ", button(say("new.form"), write, { class: "link" }))
  const answer = h("div", { "aria-live": "polite" }), token = held("token", "")
  const lists = { "model.path": dataList(files.models), "data.train": dataList(files.data), "data.held_out": dataList(files.data) }

  function change(key, value) {
    if (value) values[key.path] = value; else delete values[key.path]
    keep("new.values", values)
    if (own.hidden) write()
  }

  function write() {
    recipe.value = recipeText(keys, values)
    own.hidden = true
  }

  const fields = names => names.map(path => all.find(key => key.path === path)).filter(Boolean)
    .map(key => keyField(key, values[key.path] ?? "", change, lists[key.path]?.id))

  /** The rest of the table, made when it is opened: it is long. */
  const section = key => {
    const rest = (key.keys ?? []).filter(one => !common.includes(one.path)).map(one => one.path)
    const box = h("div", { class: "grid" })
    const details = h("details", { on: { toggle: () => { if (details.open && !box.firstChild) box.append(...fields(rest)) } } },
      h("summary", null, h("code", null, key.name), h("span", { class: "quiet small" }, " " + key.note)), box)
    return rest.length ? details : ""
  }

  async function ask(what, words, show) {
    const controls = [...actions.querySelectorAll("button")]
    for (const control of controls) control.disabled = true
    answer.replaceChildren(h("p", { class: "quiet" }, say(words)))
    try {
      const found = await post("/studio/" + what, { recipe: recipe.value }, signal)
      answer.replaceChildren(...show(found))
      return found
    } catch (error) {
      if (!signal.aborted) answer.replaceChildren(h("pre", { class: "notice bad", role: "alert" }, error.message))
    } finally { for (const control of controls) control.disabled = control.dataset.off === "true" }
  }

  const check = () => ask("check", "new.checking", found => [
    h("p", { class: "notice" }, h("strong", { class: "good" }, say("new.whole"))),
    ...(found.notices ?? []).map(note => h("p", { class: "notice" }, note))])
  const plan = () => ask("plan", "new.planning", planned)
  async function begin() {
    const found = await ask("start", "new.starting", found => [h("p", { class: "notice" }, say("new.started", found.file))])
    if (found) {
      announce(say("new.started", found.file))
      location.hash = `#/run/${encodeURIComponent(found.id)}`
    }
  }

  const actions = h("div", { class: "row" }, button(say("new.check"), check), button(say("new.plan"), plan),
    button(say("new.start"), begin, { class: "main", disabled: !token, "data-off": String(!token) }))
  place.replaceChildren(Object.values(lists).length ? h("div", null, Object.values(lists)) : "",
    h("div", { class: "grid" },
      h("section", { "aria-label": say("new.keys") },
        uploadField(files, token, path => announce(say("new.uploaded", path)), lists),
        h("fieldset", null, h("legend", null, say("new.common")), h("div", { class: "grid" }, fields(common))),
        h("h2", null, say("new.more")), keys.filter(key => key.keys).map(section),
        h("div", { class: "grid" }, fields(keys.filter(key => !key.keys && !common.includes(key.path)).map(key => key.path)))),
      h("section", { class: "stack follows", "aria-label": say("new.recipe") },
        own, field(say("new.recipe"), recipe, say("new.recipe.hint")),
        files.recipes?.length ? h("div", null, openField(files.recipes, text => {
          recipe.value = text
          own.hidden = false
        }, answer)) : "",
        actions, token ? "" : h("p", { class: "notice" }, say("run.token")), answer)))
  write()
}

const dataList = names => h("datalist", { id: unique("names") }, (names ?? []).map(name => h("option", { value: name })))

function openField(recipes, take, answer) {
  const select = h("select", null, h("option", { value: "" }, say("new.open.choose")), recipes.map(name => h("option", { value: name }, name)))
  select.addEventListener("change", async () => {
    if (!select.value) return
    try { take(await getText("/studio/recipe?name=" + encodeURIComponent(select.value))) } catch (error) {
      answer.replaceChildren(problem(error))
    }
  })
  return field(say("new.open"), select)
}

function uploadField(files, token, done, lists) {
  const file = h("input", { type: "file", accept: files.endings?.join(","), disabled: !token }), line = h("p", { class: "small quiet" })
  file.addEventListener("change", async () => {
    const chosen = file.files[0]
    if (!chosen) return
    try {
      const { path } = await upload("/studio/uploads?name=" + encodeURIComponent(chosen.name), chosen)
      line.textContent = say("new.uploaded", path)
      for (const list of [lists["data.train"], lists["data.held_out"]]) list.append(h("option", { value: path }))
      done(path)
    } catch (error) { line.replaceChildren(problem(error)) }
  })
  return h("div", { class: "panel" }, field(say("new.upload"), file, say("new.upload.hint")), line)
}

/** What the plan says before anything is done. */
function planned(found) {
  return [h("h2", null, say("new.plan.title")), facts([
    [say("plan.rows"), found.rows], [say("plan.tokens"), found.supervised_tokens],
    [say("plan.cut"), found.truncated_rows], [say("plan.dropped"), found.dropped_rows], [say("run.steps"), found.steps],
    [say("plan.parameters"), found.trainable_parameters], [say("plan.modules"), found.target_modules_matched],
    [say("run.peak"), shown.bytes(found.predicted_peak_bytes)], [say("plan.time"), shown.seconds(found.predicted_seconds)]]),
  found.text ? h("details", { open: true }, h("summary", null, say("new.plan.words")), h("pre", { tabindex: "0" }, found.text)) : ""]
}
