// Data distillation: a teacher answers prompts, and what of it is good becomes rows to train on, each saying where it comes from.

public import Datasets
public import Foundation
public import JSON
public import Recipes

/// The writing of one run's rows: prompts are varied, answered, chosen among, and given reasons.
public struct RowWriting {
    public let settings: WritingSection
    public let seed: Int
    public let slot: AnswerSlot
    /// The label set of classification rows; empty: any label.
    public let labels: [String]
    public let teacher: any TextTeacher
    public let journal: AnswerJournal
    /// The folder in which rows are set aside.
    public let scratch: URL
    public let countTokens: @Sendable (String) -> Int
    /// Hears how many texts of a task are written; what it throws ends the work, which a later call goes on with.
    public let progress: (_ done: Int, _ total: Int, _ unit: String) throws -> Void

    public init(
        _ settings: WritingSection, seed: Int, slot: AnswerSlot, labels: [String], teacher: any TextTeacher,
        journal: AnswerJournal, scratch: URL, countTokens: @escaping @Sendable (String) -> Int,
        progress: @escaping (_ done: Int, _ total: Int, _ unit: String) throws -> Void
    ) {
        self.settings = settings
        self.seed = seed
        self.slot = slot
        self.labels = labels
        self.teacher = teacher
        self.journal = journal
        self.scratch = scratch
        self.countTokens = countTokens
        self.progress = progress
    }

    /// Writes rows for `prompts`.
    ///
    /// - Returns: the rows, in the order of prompts and samples, and what was done.
    public func rows(for prompts: [SourceRow]) throws -> (rows: [JSONObject], report: WritingReport) {
        var report = WritingReport()
        report.prompts = prompts.count
        var asked = try prompts.map { try slot.read($0) }
        asked += try varied(asked, &report)
        let candidates = try answers(to: asked, &report)
        let judged = candidates.map {
            JudgedAnswer(prompt: asked[$0.prompt].row.promptText, written: $0.written, agreement: $0.agreement)
        }
        let filters = AnswerFilters(steps: settings.filters, seed: seed, scratch: scratch, countTokens: countTokens)
        let (numbers, steps) = try filters.kept(judged, places: candidates.map { asked[$0.prompt].row.place })
        report.filters = steps
        let kept = numbers.map { candidates[$0] }
        let prefix = settings.rationale > 0 ? settings.labelPrefix : ""
        var rows = kept.map { answer in
            let fields = slot.prefixing(asked[answer.prompt].fields, with: prefix)
            return provenance(of: answer, asked, .answer, in: slot.answering(fields, with: answer.written.text))
        }
        let reasons = try reasonRows(for: kept, asked, &report)
        report.reasonRows = reasons.count
        rows += reasons
        report.rows = rows.count
        return (rows, report)
    }

    // MARK: Texts

    /// What the teacher writes for `requests`, chunk by chunk; what an earlier call wrote is taken from the journal.
    private func texts(
        _ task: WritingTask, count: Int, unit: String, _ report: inout WritingReport, from first: Int = 0,
        request: (Int) throws -> WritingRequest.Wish
    ) throws -> [WrittenText] {
        var texts: [WrittenText] = []
        for start in stride(from: 0, to: count, by: teacher.textsAtOnce) {
            let numbers = (first + start)..<(first + min(count, start + teacher.textsAtOnce))
            if let known = journal.texts(task, numbers) {
                texts += known
            } else {
                try progress(start, count, unit)
                let written = try teacher.write(
                    numbers.map { WritingRequest(try request($0), stream: task.stream($0)) })
                try journal.add(written, task, from: numbers.lowerBound)
                texts += written
            }
        }
        try progress(count, count, unit)
        report.tokens += texts.reduce(0) { $0 + $1.tokens }
        return texts
    }

    /// New prompts after the pattern of those given.
    private func varied(_ asked: [AnswerSlot.Asked], _ report: inout WritingReport) throws -> [AnswerSlot.Asked] {
        report.variationsWanted = settings.variations
        guard settings.variations > 0, !asked.isEmpty else { return [] }
        var variation = PromptVariation(
            of: asked.map(\.row.promptText), seed: UInt64(bitPattern: Int64(seed)))
        var found: [AnswerSlot.Asked] = []
        var attempt = 0
        while found.count < settings.variations, attempt < PromptVariation.attempts * settings.variations {
            let unit = "new prompts, \(found.count) of \(settings.variations) found"
            let count = min(teacher.textsAtOnce, PromptVariation.attempts * settings.variations - attempt)
            let texts = try texts(.variation, count: count, unit: unit, &report, from: attempt) {
                .another(of: variation.examples($0))
            }
            for text in texts where found.count < settings.variations {
                let (prompt, verdict) = variation.judge(text)
                report.variationAttempts += 1
                attempt += 1
                guard verdict == .taken else {
                    report.variationsLeftOut.count(verdict.rawValue)
                    continue
                }
                let place = RowPlace(file: "variation", line: found.count + 1)
                found.append(
                    try slot.read(
                        SourceRow(
                            fields: slot.asking(prompt), place: place, index: asked.count + found.count)))
            }
        }
        report.variations = found.count
        return found
    }

    // MARK: Answers

    /// An answer that may become a row.
    struct Candidate {
        let prompt: Int
        let sample: Int
        var written: WrittenText
        var agreement: Double?
    }

    /// The answers to all prompts that are whole and have the label that they should have.
    private func answers(to asked: [AnswerSlot.Asked], _ report: inout WritingReport) throws -> [Candidate] {
        let samples = settings.samples
        let texts = try texts(.answer, count: asked.count * samples, unit: "answers", &report) {
            .answer(asked[$0 / samples].row)
        }
        report.answers = texts.count
        var kept: [Candidate] = []
        for (prompt, row) in asked.enumerated() {
            var candidates: [Candidate] = []
            for sample in 0..<samples {
                var written = texts[prompt * samples + sample]
                if row.row.label != nil { written.text = Self.label(written.text) }
                if let fault = fault(of: written, to: row) {
                    report.answersLeftOut.count(fault)
                } else {
                    candidates.append(Candidate(prompt: prompt, sample: sample, written: written))
                }
            }
            kept += agreed(candidates, &report)
        }
        return kept
    }

    /// Why an answer cannot become a row.
    private func fault(of written: WrittenText, to asked: AnswerSlot.Asked) -> String? {
        guard written.isWhole else { return "cut off at distill.max_new_tokens or before" }
        guard written.text.contains(where: { !$0.isWhitespace }) else { return "says nothing" }
        guard let label = asked.row.label else { return nil }
        guard labels.isEmpty || labels.contains(written.text) else { return "none of data.labels" }
        return asked.hasAnswer && label != written.text ? "another label than the row's" : nil
    }

    /// A label as it was written, without what stands around it.
    private static func label(_ text: String) -> String {
        var text = Substring(text).drop(while: \.isWhitespace)
        while let last = text.last, last.isWhitespace || last == "." { text.removeLast() }
        return String(text)
    }

    /// All answers to a prompt, or the one that the others bear out.
    private func agreed(_ candidates: [Candidate], _ report: inout WritingReport) -> [Candidate] {
        guard let agreement = SampleAgreement(candidates.map(\.written.text), by: settings.agreement) else {
            return candidates
        }
        var chosen = candidates[agreement.index]
        chosen.agreement = agreement.share
        for _ in 1..<candidates.count {
            report.answersLeftOut.count("another answer stands for it (distill.agreement)")
        }
        return [chosen]
    }

    // MARK: Reasons

    /// Rows that ask for the reason of an answer, as many as their weight says: a weight of 0.5 takes every second, 2 each
    /// of them twice, so that the mean over rows is what a weighted loss would be.
    private func reasonRows(
        for answers: [Candidate], _ asked: [AnswerSlot.Asked], _ report: inout WritingReport
    ) throws -> [JSONObject] {
        guard settings.rationale > 0 else { return [] }
        let copies = answers.indices.map { number in
            Int((Double(number + 1) * settings.rationale).rounded(.down))
                - Int((Double(number) * settings.rationale).rounded(.down))
        }
        let wanted = answers.indices.filter { copies[$0] > 0 }
        let texts = try texts(.reason, count: wanted.count, unit: "reasons", &report) { number in
            let answer = answers[wanted[number]], row = asked[answer.prompt].row
            return .reason(row, of: answer.written.text)
        }
        report.reasons = texts.count
        var rows: [JSONObject] = []
        for (number, text) in zip(wanted, texts) {
            guard text.isWhole, text.text.contains(where: { !$0.isWhitespace }) else {
                report.reasonsLeftOut += 1
                continue
            }
            var answer = answers[number]
            answer.written.logProbability = text.logProbability
            let fields = slot.reasoning(
                asked[answer.prompt].fields, prefix: settings.rationalePrefix, reason: text.text)
            let row = provenance(of: answer, asked, .reason, in: fields)
            rows += Array(repeating: row, count: copies[number])
        }
        return rows
    }

    // MARK: Provenance

    /// `fields` with where the row comes from.
    private func provenance(
        of answer: Candidate, _ asked: [AnswerSlot.Asked], _ task: WritingTask, in fields: JSONObject
    ) -> JSONObject {
        var facts = JSONObject([
            ("teacher", .string(teacher.name)), ("teacher_sha256", .string(teacher.digest)),
            ("task", .string(task.rawValue)), ("prompt", .string(asked[answer.prompt].row.place.description)),
            ("sample", .integer(answer.sample)), ("seed", .integer(seed)),
            ("temperature", .double(settings.samplingTemperature)), ("top_p", .double(settings.topP)),
        ])
        if let value = answer.written.logProbability { facts["logprob"] = .double(value) }
        if let agreement = answer.agreement { facts["agreement"] = .double(agreement) }
        var fields = fields
        fields["provenance"] = .object(facts)
        return fields
    }
}
