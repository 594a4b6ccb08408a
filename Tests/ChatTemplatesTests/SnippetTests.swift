// Small templates, one feature each, against what Jinja2 gives (`scripts/goldens/chat_templates.py` makes the file).

import ChatTemplates
import Foundation
import JSON
import Testing
import TestSupport

struct SnippetTests {
    @Test func snippetsRenderAsInJinja2() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Fixtures/snippets.json")
        let fixture = try JSONValue(parsing: [UInt8](try Data(contentsOf: file)))
        var context = try #require(fixture["context"]?.object)
        context["tools"] = .null
        context["documents"] = .null
        context["add_generation_prompt"] = false
        let messages = try #require(context["messages"]?.array)
        let cases = try #require(fixture["cases"]?.array)
        #expect(cases.count > 500)
        for item in cases.compactMap(\.array) {
            let source = try #require(item[0].string)
            let rendering: ChatTemplate.Rendering
            do {
                rendering = try ChatTemplate(source: source).renderWithGenerationSpans(
                    messages: messages, addGenerationPrompt: false, extra: context,
                    now: TemplateClock(secondsSince1970: 0))
            } catch {
                #expect(item[1].isNull, "\(source): \(error)")
                continue
            }
            guard let expected = item[1].string else {
                Issue.record("\(source): expected an error, got \(rendering.text)")
                continue
            }
            #expect(rendering.text.utf8.elementsEqual(expected.utf8), "\(source)")
            if item.count > 2 {
                let spans = item[2].array?.compactMap { span in
                    let bounds = span.array?.compactMap(\.integer) ?? []
                    return String(expected.unicodeScalars.prefix(bounds[0])).utf8
                        .count..<String(expected.unicodeScalars.prefix(bounds[1])).utf8.count
                }
                #expect(rendering.generationSpans == spans, "\(source)")
            }
        }
    }
}
