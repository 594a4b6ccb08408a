// Chat templates carried over to Ollama's language: the same text for every conversation, or none at all.

import ChatTemplates
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct TemplateTranslationTests {
    /// The shapes that chat templates of the usual families have, in as few words as show them.
    static let templates: [(name: String, source: String)] = [
        (
            "ChatML",
            """
            {% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}\
            {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
            """
        ),
        (
            "ChatML with a system message of its own",
            """
            {%- if messages[0].role != 'system' %}{{- '<|im_start|>system\\nYou are {careful} and "kind".<|im_end|>\\n' }}{% endif %}
            {%- for m in messages %}{{- '<|im_start|>' ~ m.role ~ '\\n' ~ m.content ~ '<|im_end|>\\n' }}{%- endfor %}
            {%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}
            """
        ),
        (
            "Llama 2",
            """
            {% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] %}\
            {% else %}{% set rest = messages %}{% set system = false %}{% endif %}{% for m in rest %}\
            {% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('take turns') }}{% endif %}\
            {% if loop.index0 == 0 and system != false %}{% set content = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + m['content'] %}\
            {% else %}{% set content = m['content'] %}{% endif %}\
            {% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}\
            {% else %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}
            """
        ),
        (
            "Llama 3",
            """
            {% for m in messages %}{% set text = '<|start_header_id|>' + m['role'] + '<|end_header_id|>\\n\\n' + m['content'] | trim + '<|eot_id|>' %}\
            {% if loop.index0 == 0 %}{% set text = bos_token + text %}{% endif %}{{ text }}{% endfor %}\
            {% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}
            """
        ),
        (
            "Llama 3.2, a head with a date",
            """
            {{- bos_token }}{%- if messages[0]['role'] == 'system' %}{%- set system = messages[0]['content'] | trim %}
            {%- set messages = messages[1:] %}{%- else %}{%- set system = '' %}{%- endif %}
            {{- '<|start_header_id|>system<|end_header_id|>\\n\\nToday Date: ' ~ strftime_now('%d %b %Y') ~ '\\n\\n' ~ system ~ '<|eot_id|>' }}
            {%- for m in messages %}
            {{- '<|start_header_id|>' ~ m.role ~ '<|end_header_id|>\\n\\n' ~ m.content | trim ~ '<|eot_id|>' }}{%- endfor %}
            {%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}
            """
        ),
        (
            "Gemma",
            """
            {{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set first = messages[0]['content'] + '\\n\\n' %}\
            {% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}{% endif %}\
            {% for m in rest %}{% set role = 'model' if m['role'] == 'assistant' else m['role'] %}\
            {{ '<start_of_turn>' + role + '\\n' + (first if loop.first else '') }}{{ m['content'] | trim }}{{ '<end_of_turn>\\n' }}{% endfor %}\
            {% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}
            """
        ),
        (
            "Mistral, without a system message",
            """
            {{ bos_token }}{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}\
            {{ raise_exception('user and assistant take turns') }}{% endif %}\
            {% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}\
            {% else %}{{ m['content'] + eos_token }}{% endif %}{% endfor %}
            """
        ),
        (
            "Mistral, the system message in the last turn",
            """
            {%- if messages[0].role == 'system' %}{%- set system = messages[0].content %}{%- set rest = messages[1:] %}
            {%- else %}{%- set rest = messages %}{%- endif %}{{- bos_token }}
            {%- for m in rest %}{%- if m.role == 'user' %}
            {%- if loop.last and system is defined %}{{- '[INST] ' + system + '\\n\\n' + m.content + '[/INST]' }}
            {%- else %}{{- '[INST] ' + m.content + '[/INST]' }}{%- endif %}
            {%- else %}{{- ' ' + m.content + eos_token }}{%- endif %}{%- endfor %}
            """
        ),
        (
            "Zephyr",
            """
            {% for m in messages %}
            {% if m['role'] == 'user' %}
            {{ '<|user|>\\n' + m['content'] + eos_token }}
            {% elif m['role'] == 'system' %}
            {{ '<|system|>\\n' + m['content'] + eos_token }}
            {% elif m['role'] == 'assistant' %}
            {{ '<|assistant|>\\n'  + m['content'] + eos_token }}
            {% endif %}
            {% if loop.last and add_generation_prompt %}
            {{ '<|assistant|>' }}
            {% endif %}
            {% endfor %}
            """
        ),
        (
            "Phi 3, an end where no answer is asked for",
            """
            {% for m in messages %}{{ '<|' + m['role'] + '|>\\n' + m['content'] + '<|end|>\\n' }}{% endfor %}\
            {% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}
            """
        ),
        (
            "names and colons, with a no-break space",
            """
            {% for m in messages %}{% if m.role == 'system' %}{{ m.content + '\\n\\n' }}\
            {% else %}{{ ('### Human:\u{A0}' if m.role == 'user' else '### Assistant: ') + m.content + '\\n' }}{% endif %}{% endfor %}\
            {% if add_generation_prompt %}{{ '### Assistant:' }}{% endif %}
            """
        ),
    ]

    /// What a template makes of turns.
    private static func rendering(_ source: String) throws -> ([TextTurn], Bool) throws -> String {
        let template = try ChatTemplate(source: source)
        return { turns, opensAnswer in
            try template.render(
                messages: turns.map { ["role": .string($0.role), "content": .string($0.content)] },
                addGenerationPrompt: opensAnswer, extra: JSONObject([("bos_token", "<s>"), ("eos_token", "</s>")]),
                now: .fixedDate)
        }
    }

    /// Other conversations than those that the translation was held against.
    private static let conversations: [[TextTurn]] = [
        [TextTurn("user", "What is {{ .Content }}?")],
        [TextTurn("system", "Say \"no\".\n\\n"), TextTurn("user", "Yes?")],
        [TextTurn("user", "1"), TextTurn("assistant", "2"), TextTurn("user", "3"), TextTurn("assistant", "4")]
            + [TextTurn("user", "5"), TextTurn("assistant", "6"), TextTurn("user", "7")],
        [TextTurn("system", "S"), TextTurn("user", "1"), TextTurn("assistant", "2"), TextTurn("user", "3")]
            + [TextTurn("assistant", "4"), TextTurn("user", "5"), TextTurn("assistant", "6"), TextTurn("user", "7")],
    ]

    @Test(arguments: templates.indices) func theTranslationMakesTheSameText(index: Int) throws {
        let (name, source) = Self.templates[index]
        let render = try Self.rendering(source)
        let translation = try TemplateTranslation(render)
        let template = try GoTemplate(source: translation.source)
        var compared = 0
        for turns in Self.conversations {
            guard let expected = try? render(turns, true) else { continue }
            compared += 1
            #expect(try template.render(turns) == expected, "\(name): \(translation.source)")
        }
        #expect(compared >= (name.contains("without a system") ? 2 : 4))
    }

    /// Templates that people publish: most can be carried over, and then to the letter.
    @Test(.needs("vectors/jinja/hfjs-e2e.json")) func publishedTemplatesAreCarriedOverOrRefused() throws {
        let bytes = [UInt8](try Data(contentsOf: SharedData.url("vectors/jinja/hfjs-e2e.json")))
        let cases = try #require(try JSONValue(parsing: bytes).object).members
        var translated = 0, refused = 0
        for source in Set(cases.compactMap { $0.value["chat_template"]?.string }) {
            guard let render = try? Self.rendering(source) else { continue }
            do {
                let template = try GoTemplate(source: TemplateTranslation(render).source)
                for turns in Self.conversations {
                    if let expected = try? render(turns, true) { #expect(try template.render(turns) == expected) }
                }
                translated += 1
            } catch is TranslationError {
                refused += 1
            }
        }
        #expect(translated >= 30 && refused > 0)
    }

    @Test func whatTheTokenizerWritesIsLeftOut() throws {
        let render = try Self.rendering(Self.templates[3].source)
        let translation = try TemplateTranslation(leavingOut: "<s>", render)
        #expect(!translation.source.contains("<s>"))
        let text = try GoTemplate(source: translation.source).render([TextTurn("user", "a")])
        let whole = try render([TextTurn("user", "a")], true)
        #expect("<s>" + text == whole)
        #expect(translation.notes.contains { $0.contains("white space") })
    }

    @Test func aMissingPlaceForASystemMessageIsSaid() throws {
        let translation = try TemplateTranslation(Self.rendering(Self.templates[6].source))
        #expect(translation.notes.contains { $0.contains("no place for a system message") })
    }

    /// Templates that count, change what is said, or answer to it.
    @Test(arguments: [
        "{% for m in messages %}{{ loop.index ~ '. ' ~ m.role ~ ': ' ~ m.content ~ '\\n' }}{% endfor %}",
        "{% for m in messages %}{{ m.role ~ ': ' ~ m.content | upper ~ '\\n' }}{% endfor %}",
        "{% for m in messages %}{{ m.role ~ ': ' ~ m.content ~ ('!' if '\\n' in m.content else '.') }}{% endfor %}",
        "{% for m in messages[-2:] %}{{ m.role ~ ': ' ~ m.content ~ '\\n' }}{% endfor %}",
        "{{ raise_exception('no') }}",
    ]) func whatCannotBeSaidIsRefused(source: String) throws {
        let render = try Self.rendering(source)
        #expect(throws: TranslationError.self) { try TemplateTranslation(render) }
    }

    /// Go's language as far as it is used here.
    @Test(arguments: [
        (
            "{{ range $i, $m := .Messages }}{{ if $i }}, {{ end }}{{ $m.Role }}={{ .Content }}{{ end }}",
            "system=S, user=U"
        ),
        ("{{- if and .System (ne .System \"x\") }} a {{- else if true }} b {{- end }}  c", " a  c"),
        ("{{ $n := \"\" }}{{ range .Messages }}{{ $n = .Role }}{{ end }}{{ $n }}", "user"),
        (
            "{{ len .Messages }}{{ (index .Messages 1).Role }}{{ len (slice .Messages 1) }}{{ not .Response }}",
            "2user1true"
        ),
        ("{{ eq .System \"a\" \"S\" }} {{ or .Response \"r\" }} {{ \"\\u00e4\\\"{{\" }}", "true r ä\"{{"),
    ]) func goIsEvaluatedAsGoDoes(source: String, expected: String) throws {
        let turns = [TextTurn("system", "S"), TextTurn("user", "U")]
        #expect(try GoTemplate(source: source).render(turns) == expected)
    }

    @Test func whatOneSideSaysInARowIsJoined() throws {
        let turns = [TextTurn("user", "a"), TextTurn("user", "b")]
        let template = try GoTemplate(source: "{{ range .Messages }}<{{ .Content }}>{{ end }}")
        #expect(try template.render(turns) == "<a\n\nb>")
    }

    @Test(arguments: [
        "{{ if .System }}x", "{{ end }}", "{{ .Nothing }}", "{{ $x }}", "{{ printf \"%s\" .System }}",
        "{{ .System | len }}",
        "{{ \"x }}", "{{ .System", "{{ range .System }}{{ end }}", "{{ index .Messages 9 }}",
    ]) func whatIsNoTemplateIsAnError(source: String) {
        #expect(throws: GoTemplateError.self) { try GoTemplate(source: source).render([TextTurn("user", "a")]) }
    }
}
