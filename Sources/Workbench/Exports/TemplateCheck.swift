// The written model's own template and tokenizer, as part of the check of an export.

internal import JSON
internal import Spelling

/// Holds a written model's chat template against the one that its rows are rendered by.
struct TemplateCheck: StagedCheck {
    let base: OpenedModel
    /// What templates are told that ask for today's date.
    let date: String

    func finding(on staged: StagedExport) throws -> CheckFinding {
        guard let written = staged.opened else { return CheckFinding() }
        do {
            let parity = try TemplateParity(of: written, with: base, date: date)
            guard parity.conversations > 0 else { return CheckFinding() }
            guard parity.refused < parity.conversations else {
                return CheckFinding(failures: [
                    "the chat template refuses all of \(Count.text(parity.conversations, "conversation")), so nothing shows "
                        + "that the written one is the same; data.chat_template names another"
                ])
            }
            return CheckFinding(
                members: [
                    ("template_conversations", .integer(parity.conversations)),
                    ("template_refused", .integer(parity.refused)),
                ],
                lines: [
                    "chat template: \(Count.text(parity.conversations, "conversation")) give the ids of training"
                        + (parity.refused > 0 ? ", or are refused alike (\(parity.refused))" : "")
                ])
        } catch let failure as Failure where failure.kind == .badInput {
            return CheckFinding(failures: [failure.message])
        }
    }
}
