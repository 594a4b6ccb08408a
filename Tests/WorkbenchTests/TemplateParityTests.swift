// Templates of a written model against those that were trained with.

import Foundation
import JSON
import TestSupport
import Testing
import Workbench

@Suite struct TemplateParityTests {
    private static let date = "2026-01-31"

    @Test func twoFormsOfOneModelAreSpokenToAlike() throws {
        let parity = try TemplateParity(of: TinyModel.chatGGUF.path, with: TinyModel.chat.path, date: Self.date)
        #expect(parity.conversations == 20 && parity.refused < 20)
    }

    @Test func withoutTemplatesThereIsNothingToHoldAgainst() throws {
        let parity = try TemplateParity(of: TinyModel.gguf.path, with: TinyModel.base.path, date: Self.date)
        #expect(parity.conversations == 0)
        #expect(throws: Failure.self) {
            try TemplateParity(of: TinyModel.gguf.path, with: TinyModel.chat.path, date: Self.date)
        }
    }

    /// Another template in some conversations, in all, and one that a recipe trained with.
    @Test(arguments: [
        ("message['role'] }}", "message['role'] | replace('system', 'user') }}", "under instructions"),
        ("{{ eos_token }}", "{{ eos_token }}{{ eos_token }}", "other tokens"),
    ])
    func anotherTemplateIsNamed(_ old: String, _ new: String, _ words: String) throws {
        let template = try Self.template(old, new)
        try Self.withModel(template) { folder in
            let error = #expect(throws: Failure.self) {
                try TemplateParity(of: folder.path, with: TinyModel.chat.path, date: Self.date)
            }
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        #expect(throws: Failure.self) {
            try TemplateParity(
                of: TinyModel.chat.path, with: TinyModel.chat.path, chatTemplate: template, date: Self.date)
        }
    }

    /// Both sides do the same, and no model should be asked so.
    @Test func aTurnThatEndsTwiceIsRefused() throws {
        try Self.withModel(Self.template("{{ eos_token }}", "{{ eos_token }}{{ eos_token }}")) { folder in
            let error = #expect(throws: Failure.self) {
                try TemplateParity(of: folder.path, with: folder.path, date: Self.date)
            }
            #expect(error?.message.contains("twice") == true, "\(error?.message ?? "")")
        }
    }

    /// What both templates refuse is equal.
    @Test func whatBothRefuseIsCounted() throws {
        let refusing = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}{{ bos_token }}"
        try Self.withModel(refusing) { folder in
            let parity = try TemplateParity(of: folder.path, with: folder.path, date: Self.date)
            #expect(parity.conversations == 20 && (1..<20).contains(parity.refused))
        }
    }

    /// The tiny model with another template.
    private static func withModel(_ template: String, _ body: (URL) throws -> Void) throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model")
            try TinyFamily.llama.write(to: folder)
            try Data(template.utf8).write(to: folder.appendingPathComponent("chat_template.jinja"))
            try body(folder)
        }
    }

    private static func template(_ old: String, _ new: String) throws -> String {
        let settings = try Data(contentsOf: TinyModel.chat.appendingPathComponent("tokenizer_config.json"))
        let usual = try settings.withUnsafeBytes { try JSONValue(parsing: $0) }["chat_template"]?.string
        let text = try #require(usual)
        #expect(text.contains(old))
        return text.replacingOccurrences(of: old, with: new)
    }
}
