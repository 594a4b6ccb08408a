"""Makes Tests/ChatTemplatesTests/Fixtures/snippets.json: small templates with what Jinja2 gives for them in the environment
of transformers' chat templates. Run with transformers 5 and Jinja2 3.1.6 installed:

    python scripts/goldens/chat_templates.py
"""

import json
import pathlib

from transformers.utils import chat_template_utils as utils

CONTEXT = {
    "name": "Zoë", "empty": "", "n": 7, "f": 2.5, "yes": True, "no": False, "nil": None,
    "combining": "e\u0301a\u0308", "family": "👩‍👩‍👧x",
    "text": "  The quick brown-fox\njumps over\n\nthe lazy dog  ", "tag": "<a href='x'>&\"</a>",
    "items": [3, 1, 2], "words": ["pear", "Apple", "fig", "apple"],
    "people": [{"name": "Ann", "age": 31, "tags": ["x", "y"]}, {"name": "bob", "age": 7, "tags": []},
               {"name": "Cy", "age": 31}],
    "d": {"b": 1, "a": [1, 2.0, None, True, "q'\""], "items": "shadow", "é": {"k": "v"}},
    "tree": [{"v": 1, "c": [{"v": 2, "c": []}, {"v": 3, "c": [{"v": 4, "c": []}]}]}],
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
                 {"role": "assistant", "content": "Hello!"}],
}

HERE = pathlib.Path(__file__).parent
# One expression a line; each is rendered within {{ }}.
EXPRESSIONS = (HERE / "chat_template_expressions.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")

TEMPLATES = [
    "a\n", "a\n\n", "a\r\nb\rc\n", "", "\n", "{{ 1 }}\n{{ 2 }}\n", "  {% if yes %}\n  x\n  {% endif %}\n  y",
    "a {%- if yes -%} b {%- endif -%} c", "a {%+ if yes %} b{% endif %}", "  {%+ if yes %}b{% endif %}",
    "{% if yes +%}\nb{% endif %}", "  {{- 1 -}}  x", "  {# c #}\nx", "a {#- c -#} b", "{#+ c +#}\nb", " \n {% set x = 1 %} \n y",
    "{% set x = 1 %}\n\n{{ x }}", "x\t{% if yes %}y{% endif %}", "{% raw %}{{ x }}{% if %}{% endraw %}\nb",
    "a {%- raw -%}  {{ x }}  {%- endraw -%} b", "  {% raw %}\n q {% endraw %}\n z", "{%raw%}\n  {%endraw%}x",
    "{{ {'a': {'b': 1}} }}", "{{ {'a': {'b': 1}}['a']['b'] }}", "{{'}}'}}", "{{ '{%' }}{% if '%}' %}x{% endif %}",
    "{% for i in items %}{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for i in items %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}",
    "{% for i in items %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}",
    "{% for i in items %}{{ loop.previtem is defined }}{{ loop.nextitem is undefined }}{% endfor %}",
    "{% for i in items %}{{ loop.cycle('a', 'b') }}{{ loop.depth }}{{ loop.changed(i > 2) }}{% endfor %}",
    "{% for i in items if i > 1 %}{{ loop.index }}/{{ loop.length }}:{{ i }} {% else %}none{% endfor %}",
    "{% for i in items if i > 5 %}{{ i }}{% else %}none{% endfor %}", "{% for i in [] %}x{% else %}e{% endfor %}",
    "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}",
    "{% for k, v in {'b': 1, 'a': 2}|dictsort %}{{ k }}{{ v }}{% endfor %}", "{% for (a, b) in [(1, 2), (3, 4)] %}{{ a }}{{ b }}{% endfor %}",
    "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for a, b in [(1, 2, 3)] %}{% endfor %}",
    "{% for c in name %}{{ c }}.{% endfor %}", "{% for i in items %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in items %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% else %}e{% endfor %}",
    "{% for i in range(3) %}{% for j in range(2) %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}",
    "{% for t in tree recursive %}{{ t.v }}@{{ loop.depth }}{% if t.c %}({{ loop(t.c) }}){% endif %}{% endfor %}",
    "{% for i in missing %}x{% endfor %}|", "{% for i in 5 %}x{% endfor %}", "{% for i in nil %}x{% endfor %}",
    "{% for x in items %}{% set y = x %}{% endfor %}{{ y is defined }}", "{% set x = 1 %}{% for i in items %}{{ x }}{% set x = i %}{{ x }} {% endfor %}{{ x }}",
    "{% set ns = namespace(c=0) %}{% for i in items %}{% set ns.c = ns.c + i %}{% endfor %}{{ ns.c }}",
    "{% set ns = namespace() %}{% set ns.a = 1 %}{{ ns.a }}{{ ns.b }}|{{ ns.b is defined }}", "{% set d.x = 1 %}",
    "{% set ns = namespace(on=true) %}{% for i in items if ns.on %}{{ i }}{% set ns.on = false %}{% endfor %}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a = 1, 2 %}{{ a }}", "{% set a %}x{{ n }}{% endset %}[{{ a }}]",
    "{% set a | upper | replace('X', 'y') %}x{{ name }}{% endset %}{{ a }}", "{% if yes %}{% set q = 1 %}{% endif %}{{ q }}",
    "{% if no %}a{% elif n == 7 %}b{% else %}c{% endif %}", "{% if no %}a{% elif nil %}b{% else %}c{% endif %}", "{% if missing %}a{% endif %}b",
    "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=5, a=4) }} {{ m() }}",
    "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", "{% macro m(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(z=2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(*[1]) }}{{ m(**{'a': 2}) }}{{ m.name }}{{ m.arguments }}",
    "{% macro m() %}{{ x }}{% endmacro %}{% set x = 5 %}{{ m() }}", "{% macro m(x) %}{% set y = x %}{{ y }}{% endmacro %}{{ m(1) }}{{ y is defined }}",
    "{% macro f(k) %}{% if k > 0 %}{{ k }}{{ f(k - 1) }}{% endif %}{% endmacro %}{{ f(4) }}",
    "{% macro w() %}<{{ caller() }}>{% endmacro %}{% call w() %}in{{ n }}{% endcall %}", "{% macro w(l) %}{% for i in l %}{{ caller(i, loop.index) }}{% endfor %}{% endmacro %}{% call(a, b=9) w(items) %}[{{ a }}{{ b }}]{% endcall %}",
    "{% macro w() %}{{ caller is defined }}{% endmacro %}{{ w() }}", "{% macro m() %}\n  x\n{% endmacro %}\n[{{ m() }}]", "{% macro m() %} a {% endmacro %}{{ m()|trim|upper }}{{ m() ~ 'b' }}",
    "{% filter upper %}abc {{ name }}{% endfilter %}", "{% filter indent(2)|replace('a', 'b') %}a\na{% endfilter %}",
    "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}", "{% with %}{% set z = 1 %}{% endwith %}{{ z is defined }}",
    "{% generation %}{{ name }}{% endgeneration %}!", "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}\n{% endfor %}",
    "{% block b %}x{{ n }}{% endblock %}", "{% autoescape false %}{{ tag }}{% endautoescape %}", "{{ 1 }}{{ }}", "{% if %}{% endif %}", "{{ 1 +",
    "{% for %}", "{% endfor %}", "{% foo %}", "{% if yes %}", "{{ 'abc }}", "{# x", "{% raw %}x", "{{ a b }}", "{{ (1 }}", "{{ 1) }}", "{% set = 1 %}", "{% break %}", "{{ a.1b }}",
    "{{ f(a=1, 2) }}", "{% macro m(a=1, b) %}{% endmacro %}", "{{ $ }}", "{% else %}", "}} %} #}", "{ { } }", "{{ '{{' }}{ {",
    "{% for g in people|groupby('age') %}{{ g.grouper }}:{{ g.list|length }};{% endfor %}", "{% for age, l in people|groupby('age') %}{{ age }}:{{ l|map(attribute='name')|join(',') }};{% endfor %}",
    "{% for row in range(5)|batch(2, '-') %}{{ row|join('') }}/{% endfor %}", "{% set x = items|map('string') %}{{ x|join }}{{ x|join }}|", "{{ items|map('string')|length }}",
    "{% set m = messages[0] %}{{ m.role ~ ': ' ~ m['content'] }}", "{% for message in messages[1:] %}{{ message.role }}{{ loop.index0 % 2 == 0 }}{% endfor %}",
    "{% set loop_messages = messages %}{% for message in loop_messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}",
    "{%- if messages[0]['role'] == 'system' -%}\n  {%- set sys = messages[0]['content'] -%}\n{%- endif -%}\n{{ sys }}", "{% set x = {'a': 1} %}{{ x.a }}{% set x = dict(x, b=2) %}{{ x }}",
    "{{ d.items() is mapping }}{{ d.items()|length }}{{ d.keys() is sequence }}", "{% for i in items %}{% set loop_i = loop %}{{ loop_i.index }}{% endfor %}", "{% set a = b = 1 %}",
    "{% if 'a' is string and not 'b' is none %}ok{% endif %}", "{% for i in range(3) if i %}{{ loop.previtem }}{{ i }}{{ loop.nextitem }};{% endfor %}", "{{ range(3)|first }}{{ range(3)|last }}{{ range(3)|sum }}",
    "{%- for i in items -%}\n  {{ i }}\n{%- endfor -%}\n", "{% for i in items -%}\n  {{ i }}\n{% endfor %}", "\t{% if yes %}\t\n\tx\t{% endif %}\t\ny", "{% set x = namespace(a=namespace(b=1)) %}{{ x.a.b }}",
    "{% set ns = namespace(l=[]) %}{% for i in items %}{% set ns.l = ns.l + [i * 2] %}{% endfor %}{{ ns.l }}", "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}",
    "{% macro m(x) %}{% for i in x %}{{ i }}{{ loop.last }}{% endfor %}{% endmacro %}{% for i in items %}{{ m([i]) }}{% endfor %}", "{% set ns.x = 1 %}", "{% if yes %}a{% else %}b", "{% if yes: %}a{% endif %}",
]


def render(template):
    compiled = utils._compile_jinja_template(template)
    return utils._render_with_assistant_indices(compiled, tools=None, documents=None, add_generation_prompt=False, **CONTEXT)


def main():
    cases = []
    for template in ["{{ " + line + " }}" for line in EXPRESSIONS] + TEMPLATES:
        try:
            text, spans = render(template)
            case = [template, text]
            if spans:
                case.append([list(span) for span in spans])
        except Exception:
            case = [template, None]
        if case[1] is not None and " at 0x" in case[1]:
            print("left out, names an address:", template)
            continue
        cases.append(case)
    folder = pathlib.Path(__file__).parents[2] / "Tests/ChatTemplatesTests/Fixtures"
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (folder / "snippets.json").write_text(
        '{"context": ' + json.dumps(CONTEXT, ensure_ascii=False) + ',\n"cases": [\n' + lines + "\n]}\n", encoding="utf-8")
    print(len(cases), "cases,", sum(case[1] is None for case in cases), "refused")


main()
