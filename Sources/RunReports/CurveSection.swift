// How training went: losses by step, rate, gradient norm, and what the objective tells beside its loss.

internal import Pages

extension RunPage {
    func curveSection(_ trace: TrainingTrace) -> PageSection {
        let loss = trace.drawn("loss")
        guard !loss.points.isEmpty else {
            return PageSection("curves", "Loss curves", nothing: "The event log tells of no step.")
        }
        let heldOut = trace.evaluations["loss"] ?? []
        // The base stands on the rows that evaluations score.
        let base = heldOut.isEmpty ? nil : Compared.loss(evaluation)?.base
        let drawing = CurveDrawing(
            curves: [.init("training loss", loss.points, .steps), .init("held-out loss", heldOut, .best)],
            levels: base.map { [.init("base", $0)] } ?? [], x: "step", y: "loss",
            caption: "Loss by step" + Self.means(loss.each))
        var others: [Markup] = []
        for (name, title) in [("learning_rate", "learning rate"), ("gradient_norm", "gradient norm")] {
            others += curve(trace, name, title)
        }
        for name in trace.measures { others += curve(trace, name, Compared.words(name)) }
        let more =
            others.isEmpty
            ? [] : [Markup("details", [:], children: [Markup("summary", [:], "More curves")] + others)]
        return PageSection("curves", "Loss curves", fact: ending, [drawing.markup] + more)
    }

    private var ending: String {
        report["final_loss"]?.double.map { "the last step's loss is \(Figures.number($0))" } ?? ""
    }

    private func curve(_ trace: TrainingTrace, _ name: String, _ title: String) -> [Markup] {
        let steps = trace.drawn(name), evaluations = trace.evaluations[name] ?? []
        guard !steps.points.isEmpty || !evaluations.isEmpty else { return [] }
        // Rates are small: they are told in millionths.
        let isRate = name == "learning_rate"
        let points = isRate ? steps.points.map { ($0.x, $0.y * 1_000_000) } : steps.points
        return [
            CurveDrawing(
                curves: [.init("training", points, .steps), .init("held out", evaluations, .best)], x: "step",
                y: title, caption: "\(title) by step" + (isRate ? ", in millionths" : "") + Self.means(steps.each)
            ).markup
        ]
    }

    private static func means(_ each: Int) -> String {
        each > 1 ? ", each point the mean of \(each) steps" : ""
    }
}
