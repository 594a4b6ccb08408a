// What a pass finds of answers that the model wrote, token by token.

internal import Models

/// The tokens of a pass by the answers that they are of, and what was counted of them.
struct FoundTokens {
    let answers: [WrittenAnswer]
    /// Tokens of each answer.
    let counts: [Int]
    private(set) var losses: [Double]
    private var clipped: [Double]
    var kl: [Double]
    private let owners: [Int]
    private let firsts: [Int]

    init(_ rows: HeadRows) {
        answers = rows.batch.answers
        counts = rows.counts
        owners = rows.batch.examples(of: rows.rows)
        firsts = counts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
        losses = Array(repeating: 0, count: answers.count)
        (clipped, kl) = (losses, losses)
        for (answer, count) in zip(answers, counts) {
            precondition((answer.old ?? answer.reference)?.count ?? count == count, "a number for each token")
        }
    }

    /// Whose the row is, and which of the answer's tokens is predicted there.
    func token(_ row: Int) -> (answer: Int, place: Int) { (owners[row], row - firsts[owners[row]]) }

    mutating func add(_ outcome: PolicyClip.Outcome, share: Double, to answer: Int) {
        losses[answer] += outcome.loss * share
        if outcome.isClipped { clipped[answer] += 1 }
    }

    /// What was counted of each answer.
    func sums(_ names: [String], weight: (Int) -> Int) -> LossSums {
        LossSums(
            units: answers.indices.map { index in
                precondition(answers[index].told.count == names.count, "a number for each name")
                let told = zip(names, answers[index].told).map { (name: $0, value: Double($1)) }
                return NamedSums(
                    loss: losses[index], weight: weight(counts[index]),
                    told + [
                        ("answer_tokens", Double(counts[index])), ("answers", 1), ("kl", kl[index]),
                        ("clipped", clipped[index]),
                    ])
            })
    }
}
