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

EXPRESSIONS = r"""
1 + 2 * 3 ** 2
-2 ** 2
7 // 2 ~ ' ' ~ -7 // 2 ~ ' ' ~ 7 % 3 ~ ' ' ~ -7 % 3 ~ ' ' ~ 7 % -3
7 / 2
6 / 2
7.5 // 2 ~ ' ' ~ -7.5 % 2
2 ** 10 ~ ' ' ~ 2 ** -1 ~ ' ' ~ 2.0 ** 3
1_000 + 0x1f + 0b11 + 0o17
1e3 ~ ' ' ~ 1.5e-7 ~ ' ' ~ 1e16 ~ ' ' ~ 123456789012345680.0 ~ ' ' ~ 0.0001 ~ ' ' ~ 0.00001 ~ ' ' ~ 1e22
0.1 + 0.2
1 / 3
100.0
'a' * 3
3 * 'ab'
[1] * 2 + [3]
(1, 2) + (3,)
'a' 'b' "c"
'a\n\t\\\'\x41\u00e9\U0001F600\q'
'%s is %d and %.2f %5s|%-5s|%05d|%x|%r|%%' % ('a', 3, 2.345, 'b', 'c', 42, 255, 'd')
'%(a)s' % {'a': 1}
'%+d % d %e %g %g' % (3, 4, 12345.678, 0.00001234, 1234567.0)
yes and 'x' or 'y'
nil or empty or 'z'
not no
not items
1 < 2 < 3
3 > 2 > 2
1 == 1.0
yes == 1
'a' < 'b'
[1, 2] < [1, 3]
[1, 2] == [1, 2]
(1, 2) == [1, 2]
{'a': 1} == {'a': 1.0}
'ann' in 'joanne'
2 in items
5 not in items
'b' in d
'' in ''
combining == 'éä'
combining|length
family|length
family[0]
family[-1]
name[::-1]
combining[0]
name in {'Zoë': 1}
name[1:]
name[:-1]
items[0] ~ items[-1] ~ items[5]
items[1:]
items[::-1]
items[:2]
items[-2:]
items[::2]
items[5:]
(1, 2, 3)[1:]
range(5)
range(5)[1:3]
range(2, 10, 3)|list
range(5, 0, -2)|list
range(0)|list
d.b
d['b']
d.a
d.items
d['items']
d.missing
d.missing is defined
d['é'].k
d
d.keys()
d.values()|list
d.items()|list
d.get('b')
d.get('zz')
d.get('zz', 5)
nil.foo
missing
missing is undefined
missing|default('dflt')
missing or 'alt'
empty|default('dflt')
empty|default('dflt', true)
nil|d('x')
nil|d('x', boolean=true)
missing.foo
missing + 1
missing ~ 'x'
missing|length
missing|upper
missing == missing2
missing|list
missing|tojson
items|tojson
d|tojson
d|tojson(indent=2)
d|tojson(indent=4, sort_keys=true)
d|tojson(ensure_ascii=true)
d|tojson(separators=(',', ':'))
'a/b<c>\u2028\x07"\\'|tojson
{'x': {}, 'y': []}|tojson(indent=2)
{1: 2, none: 3, true: 4, 1.5: 6}|tojson
(1, 2)|tojson
1e400|tojson
[1.0, 1e-7, 1e16, 123456789.123]|tojson
[1.0, true, none, 'it\'s', "q\"", 'both\'"', 'é\n\x00\u200b']
(1,)
()
{}
{'a': (1, 2)}
true ~ none ~ 1.50
nil
'x' if yes else 'y'
'x' if no
('x' if no) is undefined
'a' if no else 'b' if no else 'c'
5 is odd
5 is even
6 is divisibleby 3
6 is divisibleby(4)
5 is number and 5.5 is number and yes is number
5 is integer ~ yes is integer ~ 5.0 is integer
5.0 is float
yes is boolean
yes is true
1 is true
no is false
nil is none
name is string
d is mapping
items is mapping
items is sequence ~ name is sequence ~ d is sequence ~ 5 is sequence ~ missing is sequence
items is iterable ~ 5 is iterable ~ missing is iterable ~ name is iterable
1 is eq 1
1 is equalto 2
1 is ne 2
1 is lt 2
1 is gt 2
1 is ge 1
1 is le 0
2 is in items
'abc' is lower
'ABC' is upper
'123' is upper
nil is sameas none
items is sameas items
range is callable
name is callable
name is not string
missing is not defined
'upper' is filter
'odd' is test
x is defined and x
name|upper
'straße'|upper
'ΑΣ'.lower()
name|lower|capitalize
'hello wORLD foo-bar (baz'|title
"they're bill's"|title
"they're bill's".title()
'hELLO'|capitalize
'hELLO wORLD'.capitalize()
'Ab'.swapcase()
text|trim
'xxaxx'|trim('x')
text|wordcount
text|replace('o', '0')
'aaa'|replace('a', 'b', 2)
'abc'|replace('', '-')
text|indent
text|indent(2, true)
text|indent('> ', blank=true)
text|indent(first=true)
'foo bar baz qux'|truncate(9)
'foo bar baz qux'|truncate(9, true)
'foo bar baz qux'|truncate(11)
'foo bar baz qux'|truncate(11, False, '...', 0)
tag|escape
tag|e
tag|safe
5|string ~ 5.0|string
'5'|int + 1
'5.7'|int
'x'|int
'x'|int(-1)
'0x1f'|int(base=16)
'ff'|int(0, 16)
5.9|int
nil|int
yes|int
'2.5'|float
'x'|float
'1e3'|float
3|float
-3|abs
-2.5|abs
2.5|round
3.5|round
2.567|round(2)
2.567|round(1, 'ceil')
2.567|round(1, 'floor')
42|round
42.7|round
1234.5|round(-2)
2.675|round(2)
items|first
items|last
[]|first
name|first
name|last
items|length
items|count
items|sum
people|sum(attribute='age')
people|sum('age', 100)
items|min
items|max
words|min
people|max(attribute='age')
items|sort
items|sort(reverse=true)
words|sort
words|sort(case_sensitive=true)
people|sort(attribute='name')|map(attribute='name')|join(',')
people|sort(attribute='age,name')|map(attribute='name')|list
words|unique|list
words|unique(true)|list
items|reverse|list
name|reverse
words|join('-')
words|join
[1, none, 2.5, true]|join(', ')
people|join(',', attribute='name')
people|map(attribute='name')|list
people|map(attribute='tags.0')|list
people|map(attribute='zip', default='-')|list
people|map(attribute='zip')|list|length
words|map('upper')|list
words|map('replace', 'p', 'P')|list
items|map('string')|join
items|select('odd')|list
items|select('gt', 1)|list
[0, 1, '', 'x']|select|list
items|reject('odd')|list
people|selectattr('tags')|map(attribute='name')|list
people|selectattr('age', 'equalto', 31)|map(attribute='name')|list
people|selectattr('age', '==', 7)|list|length
people|rejectattr('age', 'gt', 10)|map(attribute='name')|list
people|selectattr('tags', 'defined')|list|length
people|selectattr('name', 'in', ['Ann', 'Cy'])|map(attribute='name')|join('+')
people|groupby('age')|list|length
people|groupby('age')|map('first')|list
items|batch(2)|list
items|batch(2, 'x')|list
items|slice(2)|list
range(7)|slice(3, 'z')|list
d|dictsort|first
{'b': 2, 'A': 3, 'c': 1}|dictsort
{'b': 2, 'A': 3, 'c': 1}|dictsort(true)
{'b': 2, 'A': 3, 'c': 1}|dictsort(by='value', reverse=true)
d|items|list|length
d|list
name|list
{'a': 1}|items|first
'%s-%s'|format('a', 1)
'%(x)s'|format(x=3)
'a'|center(5) ~ '|'
'a b&c/d'|urlencode
'a,b,,c'.split(',')
'a,b,,c'.split(',', 1)
'a,b,,c'.rsplit(',', 1)
'  a b  c '.split()
'  a b  c '.split(none, 1)
'  a b  c '.rsplit(none, 1)
'a\nb\r\nc\n'.splitlines()
'a\nb'.splitlines(true)
' a '.strip() ~ '|' ~ ' a '.lstrip() ~ '|' ~ ' a '.rstrip() ~ '|'
'xyax'.strip('xy')
'abc'.startswith('ab')
'abc'.startswith(('x', 'a'))
'abc'.endswith('c')
'abc'.startswith('b', 1)
'abcabc'.find('c') ~ 'abc'.find('x') ~ 'abcabc'.rfind('c') ~ 'abcabc'.index('b') ~ 'aXa'.count('a')
'abcabc'.find('c', 3)
'abc'.index('x')
'abc'.replace('b', 'X')
'aaa'.replace('a', 'b', 1)
'-'.join(['a', 'b'])
'-'.join([1])
'abc'.removeprefix('a').removesuffix('c')
'a-b-c'.partition('-')
'a-b-c'.rpartition('-')
'ab'.ljust(4, '.') ~ 'ab'.rjust(4) ~ 'ab'.center(5, '*') ~ '7'.zfill(3) ~ '-7'.zfill(4)
'12'.isdigit() ~ 'ab'.isalpha() ~ 'a1'.isalnum() ~ ' '.isspace() ~ 'Ab'.istitle() ~ 'ab'.islower() ~ ''.isdigit()
'{} {1} {a}'.format(1, 2, a=3)
'{} {} {a!r}'.format(1, 2, a='x')
'{:>5}|{:<5}|{:^5}|{:*^7}|{:05d}|{:,}|{:.2f}|{:+d}|{:x}|{:%}'.format(1, 'a', 'b', 'c', 42, 1234567, 3.14159, 5, 255, 0.25)
'{{}}'.format()
items.index(2)
items.count(2)
items.append(4)
items.append is defined
d.update({'x': 1})
d.pop('b')
d.__class__
name.__class__.__mro__
dict(a=1, b=2)
dict([('a', 1)])
dict({'a': 1}, c=2)
namespace(a=1).a
namespace(_a=1)
raise_exception('no ' ~ 'way')
nofunc()
name()
1 + 'a'
'a' + 1
items + 1
1 / 0
{[1]: 2}
5[0]
nil[1:]
items|nofilter
items is notest
items['a']
d[1]
people[0].name
people.0.name
people[0]['tags'][1]
-items[0]
+5
-yes
- 3|abs
(1 if yes else 2) + 1
[x, y] if no else [1,]
{'a': 1, 'b': 2,}
items|map('tojson')|join(';')
words|map('length')|sum
[[1, 2], [3]]|map('sum')|list
[[1, 2], [3]]|sum(start=[])
'a' in ['b', 'a'] and 'x' not in 'abc'
1 in (1, 2)
none in [none]
people|map(attribute='age')|unique|sort|join('/')
items|length > 2
'a' ~ 1 + 2 ~ 'b'
1 ~ 2 * 3
'x' is string and 'y' is not none
d is defined and d.b == 1
text.strip().split('\n')[0]
'A B'.lower().replace(' ', '_')|upper
loop is defined
strftime_now is defined
'é' < 'z' ~ ('Z' < 'a')
true and false or true
""|length == 0
'abc'[1]
'abc'[-5:2]
'abcdef'[4:1:-1]
'{"a": 1}'
"{{ x }}"
'a|b'
[1,2,3][1]
{'a':{'b':2}}.a.b
{'a':{'b':2}}['a']['b']
'x'.upper
1.0 == 1 and 1 is sameas 1
1 is number is string
(1,2) is sequence
'1,2'.split(',')|map('int')|sum
'abc'|list|reverse|join
'abc' | upper | lower
nil|string|length
nil|tojson
5|tojson ~ 'x'|tojson
people|tojson|length
people[2].tags is defined
people[1].tags|first is undefined
missing|first
missing|join(',')
missing|tojson is string
"a" if missing is defined else "b"
'%s' % none
'%s' % 'x'
'%d' % 3.9
'%s %s' % ('a',)
'%s' % items
'a' is in 'abc'
[] is iterable and {} is mapping
'\u00a0x\u2003'.strip()
'\x1cx'|trim
'ǆ'.title() ~ 'ß'.capitalize() ~ 'ﬁ'.upper()
'İ'.lower()|length
"a\
b"
""".strip("\n").split("\n")

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
