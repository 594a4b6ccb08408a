// Whether the adapter is better than its base, on the recipe's own held-out rows and on further sets.

internal import JSON
internal import Pages

extension RunPage {
    var verdictSection: PageSection {
        guard let evaluation, let loss = Compared.loss(evaluation) else {
            return PageSection(
                "verdict", "Verdict",
                nothing:
                    "No held-out row was scored, so nothing says whether the adapter is better: set data.held_out or "
                    + "data.val_size, and leave evaluate.enabled on.")
        }
        let scored = evaluation["rows"]?.integer ?? 0
        var content = [
            Markup("p", [:], sentence(loss)),
            Compared.table("Base and adapter on \(Figures.count(scored, "held-out row"))", Compared.all(evaluation)),
        ]
        content += needed(Compared.all(evaluation))
        if let last = evaluation["last_step"] {
            let own = JSONValue.object(
                JSONObject([("base", evaluation["base"] ?? .null)] + (last.object?.members ?? [])))
            content.append(
                Markup("p", [:], "What is kept is the mean of the steps (train.ema_decay). What the last step led to:"))
            content.append(Compared.table("Base and last step", Compared.all(own)))
        }
        for (name, set) in evaluation["sets"]?.object?.members ?? [] {
            let rows = set["rows"]?.integer ?? 0
            content.append(Markup("h3", [:], "On \(name)"))
            content.append(
                Compared.table(
                    "Base and adapter on \(Figures.count(rows, "row")) of \(name)", Compared.all(set)))
        }
        if let forgetting = evaluation["forgetting"] { content.append(Markup("p", [:], Self.words(forgetting))) }
        content.append(
            Markup(
                "p", ["class": "calm"],
                "Intervals come of rows drawn again and again; a verdict is given where the whole interval lies on one side of "
                    + "nought, which the upright line marks. Each interval is drawn on a scale of its own."))
        return PageSection("verdict", "Verdict", fact: loss.verdict ?? "no interval", content)
    }

    private func sentence(_ loss: Compared) -> String {
        let tokens = evaluation?["target_tokens"]?.integer ?? 0
        let sides = "Over \(Figures.count(tokens, "target token")) the base's loss is \(Compared.number(loss.base))"
        guard let adapter = loss.adapter, let difference = loss.difference else { return sides + "." }
        let interval =
            loss.interval.map {
                ", with a 95% interval from \(Figures.difference($0.low)) to \(Figures.difference($0.high))"
            } ?? ", with too few rows for an interval"
        return sides + ", the adapter's \(Figures.number(adapter)): a difference of "
            + Figures.difference(difference) + interval + "."
    }

    /// How many rows would tell, where these do not.
    private func needed(_ metrics: [Compared]) -> [Markup] {
        let lines = metrics.compactMap { metric -> Markup? in
            guard metric.verdict == "no difference", let needed = metric.rowsNeeded, let rows = metric.rows,
                needed > rows
            else { return nil }
            return Markup(
                "li", [:],
                "\(Compared.words(metric.name)): if the difference is as large as that, about "
                    + "\(Figures.count(needed, "row")) would show it.")
        }
        return lines.isEmpty ? [] : [Markup("ul", [:], children: lines)]
    }

    private static func words(_ forgetting: JSONValue) -> String {
        let bounds = (forgetting["ci95"]?.array ?? []).compactMap(\.double)
        let interval =
            bounds.count == 2
            ? ", 95% interval \(Figures.difference(bounds[0])) to \(Figures.difference(bounds[1]))" : ""
        return
            "Forgetting: \(forgetting["verdict"]?.string ?? "not known"); on \(forgetting["set"]?.string ?? "") the loss changes by "
            + (forgetting["loss"]?.double.map { Figures.difference($0) } ?? "–") + interval + "."
    }
}
