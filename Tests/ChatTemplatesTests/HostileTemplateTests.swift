// Templates come from strangers: whatever they hold, rendering ends, with a text or an error.

import ChatTemplates
import Foundation
import JSON
import Testing
import TestSupport

struct HostileTemplateTests {
    private func outcome(_ source: String) -> TemplateError.Fault? {
        do throws(TemplateError) {
            _ = try ChatTemplate(source: source).render(
                context: JSONObject([("items", [1, 2, 3]), ("name", "é")]))
            return nil
        } catch {
            return error.fault
        }
    }

    @Test(arguments: [
        "{{ " + String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000) + " }}",
        "{{ " + String(repeating: "[", count: 50_000) + String(repeating: "]", count: 50_000) + " }}",
        "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
        "{{ 1" + String(repeating: " + 1", count: 100_000) + " }}",
        "{{ x" + String(repeating: ".a", count: 100_000) + " }}",
        "{{ x" + String(repeating: "|upper", count: 100_000) + " }}",
        String(repeating: "{% if true %}", count: 100_000),
        String(repeating: "{% for i in [1] %}", count: 5_000) + String(repeating: "{% endfor %}", count: 5_000),
    ])
    func deepSourceIsRefused(source: String) { #expect(outcome(source) == .limit) }

    @Test(arguments: [
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(1000) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(1000) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for i in range(1000) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}",
        "{{ 'a' * 999999999999 }}", "{{ [1] * 999999999999 }}", "{{ range(99999999999) }}",
        "{{ 'a'|center(99999999999) }}",
        "{{ '%999999999d' % 3 }}", "{% for i in range(9) recursive %}{{ loop(range(9)) }}{% endfor %}",
        "{% set ns = namespace(x='ab') %}{% for i in range(1000) %}{% set ns.x = ns.x|replace('', ns.x) %}{% endfor %}",
    ])
    func hostileWorkIsStopped(source: String) { #expect(outcome(source) == .limit) }

    /// Work that no count of steps sees: whole texts and lists in each of them.
    @Test(arguments: [
        "{% set s = range(100000)|list %}{% for i in range(100000) %}{% set t = s|sort %}{% endfor %}",
        "{% set s = range(100000)|list %}{% for i in range(100000) %}{% set t = s|tojson %}{% endfor %}",
        "{% set s = range(100000)|list %}{% for i in range(100000) %}{% for x in s %}{% break %}{% endfor %}{% endfor %}",
        "{% set s = 'a ' * 30000 %}{% for i in range(100000) %}{% set t = s|title %}{{ s|wordcount }}{% endfor %}",
        "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{% set t = s.find('bb') %}{% endfor %}",
        "{% macro m() %}{{ 'y' * 1000000 }}{% endmacro %}{% for i in range(100000) %}{% set t = m() %}{% endfor %}",
        "{% for i in range(100000) recursive %}{{ loop(range(100000)) }}{% endfor %}",
    ])
    func workIsStoppedByTheClock(source: String) {
        let start = threadSeconds()
        #expect(outcome(source) == .limit)
        #expect(threadSeconds() - start < 2)
    }

    @Test func longNeedlesAreFoundInTimeThatGrowsWithTheText() {
        let source =
            "{% set s = 'a' * 1000000 %}{% set p = 'a' * 500000 ~ 'b' %}{{ s.find(p) }}{{ s.rfind(p) }}{{ p in s }}"
            + "{{ s.count(p) }}{{ s.replace(p, '')|length }}"
        let start = threadSeconds()
        #expect(outcome(source) == nil)
        #expect(threadSeconds() - start < 2)
    }

    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    @Test func cyclesAndLongChainsAreFreed() {
        #expect(outcome("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns.me.me.x }}") == nil)
        #expect(
            outcome(
                "{% set ns = namespace() %}{% for i in range(100000) %}{% set ns.h = namespace(h=ns.h) %}{% endfor %}ok"
            )
                == nil)
        #expect(outcome("{% macro m() %}{{ m }}{% endmacro %}{{ m() }}") == nil)
    }

    @Test func extremeNumbersDoNotTrap() {
        for expression in [
            "9223372036854775807 + 1", "-9223372036854775807 - 2", "(-9223372036854775807 - 1) // -1",
            "(-9223372036854775807 - 1) % -1", "-(-9223372036854775807 - 1)", "(-9223372036854775807 - 1)|abs",
            "range(9223372036854775800, 9223372036854775807, 5)|list", "range(0, -9223372036854775807, -1)",
            "range(-9223372036854775807, 9223372036854775807)", "items[::-9223372036854775807]",
            "items[-9223372036854775807:9223372036854775807]", "2 ** 62", "2 ** 63", "2 ** -9223372036854775807",
            "1e308 * 10",
            "1e400|int", "'9999999999999999999999'|int", "99999999999999999999999", "1 // 0", "1.0 % 0",
            "1e308|round(400)",
            "1.5|round(-400)", "'abc'.find('b', -9223372036854775807)", "'abc'|truncate(9223372036854775807)",
            "5e-324|round(330)",
            "'{:.999999999f}'.format(1.5)", "'%.999999f' % 1.5", "1e300|string", "'%d' % 1e300", "'%c' % -1",
            "items|batch(9223372036854775807)|list", "items|batch(9223372036854775807, 1)|list",
            "items|slice(99999999)|list", "'a'.zfill(-9223372036854775807)", "'a'.zfill(9223372036854775807)|length",
            "'a'.ljust(9223372036854775807)", "'a'.replace('', 'b', -9223372036854775807)",
            "'a b'.split(' ', 9223372036854775807)",
        ] { _ = outcome("{{ \(expression) }}") }
    }

    /// Cut and mutated forms of a template with every kind of tag.
    @Test func brokenTemplatesNeverCrash() {
        let source = """
            {%- set ns = namespace(found=false) -%}{% macro m(a, b=2, *c) %}{% endmacro %}
            {%- macro show(x, y='é') %}{{ x|upper ~ y[::-1] }}{{ caller(1) if caller }}{% endmacro -%}
            {% for i in items if i is odd recursive %}{{ loop.index }}{{ loop.cycle('a', "b\\n") }}{% else %}x{% endfor %}
            {# note #}{% raw %}{{ x }}{% endraw %}{% call(z) show('a', **{'y': 'b'}) %}{{ z }}{% endcall %}
            {% if ns.found and not (items|map('string')|join(',') in [1, 2.5]) %}{{ items|tojson(indent=2) }}{% elif 1 %}{% endif %}
            {% filter indent(2, true) %}{{ name.split('e')|first }}{% endfilter %}{% generation %}{{ -1 ** 2 }}{% endgeneration %}
            {% set t %}{{ '%5.2f|%s' % (1.5, {'a': none}) }}{% endset %}{{ t }}{{ "{:>5}".format(3) }}{% break %}
            """
        let valid = source.replacingBytes("{% macro m(a, b=2, *c) %}{% endmacro %}", "").replacingBytes(
            "{% break %}", "")
        #expect(outcome(valid) == nil)
        let bytes = Array(valid.utf8)
        for end in bytes.indices { _ = outcome(String(decoding: bytes[..<end], as: UTF8.self)) }
        let pieces = [
            "{{", "}}", "{%", "%}", "-", "(", ")", "[", "]", "'", "|", ".", " is ", " if ", "é", "0", "\n", "{#", ",",
        ]
        var state: UInt64 = 42
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<4000 {
            var mutated = bytes
            for _ in 0..<(1 + next(3)) {
                let place = next(mutated.count)
                switch next(4) {
                case 0: mutated[place] = UInt8(next(256))
                case 1: mutated.insert(contentsOf: pieces[next(pieces.count)].utf8, at: place)
                case 2: mutated.removeSubrange(place..<min(mutated.count, place + 1 + next(12)))
                default:
                    mutated.insert(contentsOf: mutated[place..<min(mutated.count, place + 20)], at: next(mutated.count))
                }
            }
            _ = outcome(String(decoding: mutated, as: UTF8.self))
        }
    }
}

extension String {
    fileprivate func replacingBytes(_ old: String, _ new: String) -> String {
        guard let range = utf8.firstRange(of: old.utf8) else { return self }
        return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
    }
}
