// Whole templates: our own against what Jinja2 gives, those of the public vectors against the text that their makers expect.

import ChatTemplates
import Foundation
import JSON
import Testing
import TestSupport

struct VectorTests {
    /// Made by `scripts/goldens/whole_templates.py`.
    @Test func wholeTemplatesRenderAsExpected() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/templates.json")
        let cases = try #require(try JSONValue(parsing: [UInt8](Data(contentsOf: file))).object)
        #expect(cases.members.count >= 50)
        for (name, item) in cases.members {
            let template = try ChatTemplate(source: #require(item["chat_template"]?.string))
            let context = try #require(item["data"]?.object)
            let text = try? template.render(context: context, now: TemplateClock(secondsSince1970: 0))
            let expected = item["target"]?.string
            #expect(text == expected, "\(name): \(firstDifference(text ?? "", expected ?? ""))")
        }
        let popular = SharedData.url("vectors/jinja/hfjs-e2e.json")
        if FileManager.default.fileExists(atPath: popular.path) { try checkPublicTemplates(popular) }
    }

    private func checkPublicTemplates(_ file: URL) throws {
        let cases = try #require(try JSONValue(parsing: [UInt8](Data(contentsOf: file))).object)
        #expect(cases.members.count >= 50)
        for (name, item) in cases.members {
            let source = try #require(item["chat_template"]?.string)
            let context = try #require(item["data"]?.object)
            let expected = try #require(item["target"]?.string)
            var full = context
            for member in try #require(item.object).members
            where !["chat_template", "data", "target"].contains(member.key) { full[member.key] = member.value }
            // The two dates on which the expected texts with a date in them were made.
            let now = TemplateClock(secondsSince1970: name.contains("SmolLM3") ? 1_752_150_000 : 1_721_984_461)
            do {
                let text = try ChatTemplate(source: source).render(context: full, now: now)
                if name == "MadeAgents/Hammer2.1" {
                    // The vector writes `tools|string` as JSON; Jinja2, checked, writes Python's repr, and so do we.
                    #expect(text.contains("[{'type': 'function', 'function': {'name': 'get_current_temperature'"))
                    continue
                }
                #expect(text.utf8.elementsEqual(expected.utf8), "\(name):\n\(firstDifference(text, expected))")
            } catch {
                Issue.record("\(name): \(error)")
            }
        }
    }

    private func firstDifference(_ text: String, _ expected: String) -> String {
        let left = Array(text.utf8)
        let right = Array(expected.utf8)
        let place = zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset ?? min(left.count, right.count)
        let start = max(0, place - 40)
        return "byte \(place): got \(String(decoding: left[start...].prefix(100), as: UTF8.self).debugDescription)"
            + " expected \(String(decoding: right[start...].prefix(100), as: UTF8.self).debugDescription)"
    }
}
