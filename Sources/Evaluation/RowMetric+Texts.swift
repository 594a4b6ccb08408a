// Metrics of generated answers beside their references.

extension RowMetric {
    /// The share of answers that equal their reference.
    public static func exactMatch(answers: [String], references: [String]) -> RowMetric {
        mean("exact_match", answers, references) { ExactMatch.matches($0, $1) ? 1 : 0 }
    }

    /// The mean F1 of n-grams: of words, or of pairs of them.
    public static func rouge(_ order: Int, answers: [String], references: [String], units: TextUnits) -> RowMetric {
        mean("rouge_\(order)", answers, references) {
            RougeN.score(order, answer: $0, reference: $1, units: units)
        }
    }

    /// The mean F1 of the longest common subsequence.
    public static func rougeL(answers: [String], references: [String], units: TextUnits) -> RowMetric {
        mean("rouge_l", answers, references) { RougeL.score(answer: $0, reference: $1, units: units) }
    }

    /// The mean F1 of the union of longest common subsequences, line by line.
    public static func rougeLsum(answers: [String], references: [String], units: TextUnits) -> RowMetric {
        mean("rouge_lsum", answers, references) { RougeLsum.score(answer: $0, reference: $1, units: units) }
    }

    /// The BLEU of the corpus, 0...100.
    public static func bleu(answers: [String], references: [String], units: TextUnits) -> RowMetric {
        precondition(answers.count == references.count)
        return RowMetric(
            "bleu", higherIsBetter: true,
            rows: zip(answers, references).map { BLEU.statistics(answer: $0, reference: $1, units: units) },
            width: BLEU.statisticCount
        ) { BLEU.score(ofSums: $0) }
    }

    /// The chrF of the corpus, 0...100; with two orders of words, chrF++.
    public static func chrF(answers: [String], references: [String], wordOrders: Int = 0) -> RowMetric {
        precondition(answers.count == references.count)
        let chrF = ChrF(wordOrders: wordOrders)
        return RowMetric(
            wordOrders == 0 ? "chrf" : "chrf_pp", higherIsBetter: true,
            rows: zip(answers, references).map { chrF.statistics(answer: $0, reference: $1) },
            width: chrF.statisticCount
        ) { chrF.score(ofSums: $0) }
    }

    private static func mean(
        _ name: String, _ answers: [String], _ references: [String], _ score: (String, String) -> Double
    ) -> RowMetric {
        precondition(answers.count == references.count)
        return mean(name, zip(answers, references).map(score))
    }
}
