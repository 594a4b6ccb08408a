#!/usr/bin/env python3
"""Writes Tests/ChatTemplatesTests/Fixtures/templates.json: whole chat templates with what Jinja2 gives for some conversations.

The templates are our own, one for every habit that templates of public models have: a beginning of their own or none, the
system message folded into the first turn, a default one, a refusal, tools, tool calls, reasoning, dates, macros, trimming.
Run with transformers 5 and Jinja2 3.1 installed: python3 scripts/goldens/whole_templates.py
"""
import json
import pathlib

from transformers.utils import chat_template_utils as utils

TEMPLATES = {
    "turns": """{% for m in messages %}{{ '<|turn|>' + m['role'] + '\\n' + m['content'] + eos_token + '\\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|turn|>assistant\\n' }}{% endif %}""",
    "turns with a beginning": """{{ bos_token }}{% for m in messages %}<|turn|>{{ m.role }}
{{ m.content | trim }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}<|turn|>assistant
{% endif %}""",
    "a beginning by the first message": """{%- for m in messages -%}
    {%- set head = '<|head|>' ~ m['role'] ~ '<|/head|>\\n\\n' ~ m['content'] | trim ~ '<|stop|>' -%}
    {%- if loop.first -%}{{ bos_token ~ head }}{%- else -%}{{ head }}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<|head|>assistant<|/head|>\\n\\n' }}{%- endif -%}""",
    "instructions in brackets": """{%- if messages[0].role == 'system' -%}
    {%- set system = messages[0].content -%}{%- set rest = messages[1:] -%}
{%- else -%}{%- set system = '' -%}{%- set rest = messages -%}{%- endif -%}
{{- bos_token -}}
{%- for m in rest -%}
    {%- if (m.role == 'user') != (loop.index0 % 2 == 0) -%}
        {{- raise_exception('user and assistant take turns') -}}
    {%- endif -%}
    {%- if m.role == 'user' -%}
        {{- '[ASK] ' ~ (system ~ '\\n\\n' if loop.first and system else '') ~ m.content ~ ' [/ASK]' -}}
    {%- else -%}
        {{- ' ' ~ m.content | trim ~ eos_token -}}
    {%- endif -%}
{%- endfor -%}""",
    "a default system message": """{% if messages[0]['role'] != 'system' %}<|turn|>system
You are a careful clerk.{{ eos_token }}
{% endif %}{% for m in messages %}<|turn|>{{ m['role'] }}
{{ m['content'] }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}<|turn|>assistant
{% endif %}""",
    "no system message": """{{ bos_token }}{% if messages[0]['role'] == 'system' %}
{{ raise_exception('this model knows no system role') }}{% endif %}
{% for m in messages %}{% set role = 'model' if m['role'] == 'assistant' else m['role'] %}
<start>{{ role }}
{{ m['content'] | trim }}<stop>
{% endfor %}{% if add_generation_prompt %}<start>model
{% endif %}""",
    "tools": """{%- macro line(tool) -%}
    {{- '- ' ~ tool.function.name ~ ': ' ~ (tool.function.description | default('no words', true)) -}}
    {%- for name, part in tool.function.parameters.properties | dictsort -%}
        {{- '\\n  ' ~ name ~ ' (' ~ part.type ~ ')' -}}
    {%- endfor -%}
{%- endmacro -%}
{%- if tools -%}
    {{- '<|turn|>system\\nYou may call:\\n' -}}
    {%- for tool in tools -%}{{- line(tool) ~ '\\n' -}}{%- endfor -%}
    {{- (tools | tojson) ~ eos_token ~ '\\n' -}}
{%- endif -%}
{%- for m in messages -%}
    {{- '<|turn|>' ~ m.role ~ '\\n' -}}
    {%- if m.content is string -%}{{- m.content -}}{%- endif -%}
    {%- for call in m.tool_calls or [] -%}
        {{- '<call>' ~ ({'name': call.function.name, 'arguments': call.function.arguments} | tojson(indent=2)) ~ '</call>' -}}
    {%- endfor -%}
    {{- eos_token ~ '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|turn|>assistant\\n' -}}{%- endif -%}""",
    "reasoning": """{%- set ns = namespace(last=0) -%}
{%- for m in messages -%}{%- if m.role == 'user' -%}{%- set ns.last = loop.index0 -%}{%- endif -%}{%- endfor -%}
{%- for m in messages -%}
    {{- '<|turn|>' ~ m.role ~ '\\n' -}}
    {%- set text = m.content or '' -%}
    {%- set thought = m.reasoning_content if m.reasoning_content is defined else '' -%}
    {%- if '</think>' in text -%}
        {%- set thought = text.split('</think>')[0].split('<think>')[-1].strip('\\n') -%}
        {%- set text = text.split('</think>')[-1].lstrip('\\n') -%}
    {%- endif -%}
    {%- if m.role == 'assistant' and thought and loop.index0 > ns.last -%}
        {{- '<think>\\n' ~ thought ~ '\\n</think>\\n' -}}
    {%- endif -%}
    {{- text ~ eos_token ~ '\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<|turn|>assistant\\n' -}}
    {%- if enable_thinking is defined and enable_thinking is false -%}{{- '<think>\\n\\n</think>\\n' -}}{%- endif -%}
{%- endif -%}""",
    "a date": """{{- bos_token }}{% set today = date_string if date_string is defined else '3 May 2025' %}
{{- 'Today is ' ~ today ~ '.\\n' }}
{%- for m in messages %}{{ m['role'].capitalize() ~ ': ' ~ m['content'] ~ '\\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}""",
    "parts": """{% for m in messages %}{{ '<|' ~ m.role ~ '|>' }}{% if m.content is string %}{{ m.content }}{% else %}
{%- for part in m.content %}{% if part.type == 'text' %}{{ part.text }}{% else %}[{{ part.type }}]{% endif %}{% endfor %}
{%- endif %}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}""",
    "what the assistant says is marked": """{% for m in messages %}{% if m.role == 'assistant' %}<|turn|>assistant
{% generation %}{{ m.content }}{{ eos_token }}{% endgeneration %}
{% else %}<|turn|>{{ m.role }}
{{ m.content }}{{ eos_token }}
{% endif %}{% endfor %}{% if add_generation_prompt %}<|turn|>assistant
{% endif %}""",
    "stories": """{{ bos_token }}{% for m in messages if m.role != 'system' %}{{ loop.index }}. {{ m.role | title }}: \
{{ m.content | replace('\\n', ' ') }}{{ ' ' if not loop.last else '' }}{% endfor %}{% if not add_generation_prompt %}{{ eos_token }}{% endif %}""",
}

TOOL = {"type": "function", "function": {
    "name": "table", "description": "Finds a free table.", "parameters": {
        "type": "object", "required": ["people"], "properties": {
            "people": {"type": "integer", "description": "how many"}, "day": {"type": "string"}}}}}
CONVERSATIONS = {
    "two turns": {"messages": [
        {"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": " A clerk.\n"},
        {"role": "user", "content": "Good – and “she”?"}, {"role": "assistant", "content": "My friend <Ada> & I."}]},
    "a system message and a prompt": {"add_generation_prompt": True, "messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "  你好\nthere "}]},
    "a call": {"add_generation_prompt": True, "tools": [TOOL], "messages": [
        {"role": "user", "content": "A table for 4?"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"type": "function", "function": {"name": "table", "arguments": {"people": 4, "day": "the “3rd”"}}}]},
        {"role": "tool", "content": "[\"by the window\"]"}]},
    "a thought": {"enable_thinking": False, "add_generation_prompt": True, "messages": [
        {"role": "user", "content": "2 and 2?"},
        {"role": "assistant", "content": "<think>\nEasy.\n</think>\n\n4"},
        {"role": "user", "content": "3 and 3?"}, {"role": "assistant", "content": "6", "reasoning_content": "Again."}]},
    "parts of a content": {"date_string": "1 June 2024", "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Look: "}, {"type": "image"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "A boat."}]}]},
}


def rendered(template, data):
    compiled = utils._compile_jinja_template(template)
    try:
        return utils._render_with_assistant_indices(
            compiled, messages=data["messages"], tools=data.get("tools"), documents=None,
            add_generation_prompt=data.get("add_generation_prompt", False), bos_token="<s>", eos_token="</s>",
            **{key: data[key] for key in ("enable_thinking", "date_string") if key in data})[0]
    except Exception:
        return None


def main():
    cases = {}
    for name, template in TEMPLATES.items():
        for conversation, data in CONVERSATIONS.items():
            context = {"add_generation_prompt": False, "bos_token": "<s>", "eos_token": "</s>"} | data
            cases[f"{name}: {conversation}"] = {
                "chat_template": template, "data": context, "target": rendered(template, data)}
    folder = pathlib.Path(__file__).parents[2] / "Tests/ChatTemplatesTests/Fixtures"
    (folder / "templates.json").write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(len(cases), "cases,", sum(case["target"] is None for case in cases.values()), "refused")


main()
