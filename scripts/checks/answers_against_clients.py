#!/usr/bin/env python3
"""Holds the answers of `lathe serve` against the types of the packages `openai` and `anthropic`, whole and in pieces.

    answers_against_clients.py --lathe .build/release/lathe --model MODEL [--template TEMPLATE]

Each conversation is asked for in three forms, once whole and once as a stream. Every answer and every event must be of the package's
type, members that the type requires included; events must be numbered and closed in order; and the pieces, joined, must be the
whole answer, calls of functions included. What the server has none of must be refused with 400 and the place. TEMPLATE, a file, stands in
for the model's own chat template. The tests of functions need one that writes calls.
"""

import argparse
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import anthropic.types
import openai.types.chat
import openai.types.responses
import pydantic

SCHEMA = {"type": "object", "required": ["city", "days"], "additionalProperties": False, "properties": {
    "city": {"type": "string", "maxLength": 8}, "days": {"type": "integer", "minimum": 0, "maximum": 9}}}
CONVERSATIONS = {
    "one turn": [("user", "Say hello in three words.")],
    "with a system text": [("system", "You are a pirate."), ("user", "Say hello.")],
    "several turns": [("user", "My name is Alice."), ("assistant", "Hello Alice!"), ("user", "What is my name?")],
    "to be gone on from": [("user", "Where is the dog?"), ("assistant", "The dog is")],
}
PICTURE = "data:image/png;base64,iVBORw0KGgo="


class Failed(Exception):
    pass


def require(holds, what):
    if not holds:
        raise Failed(what)


def check(kind, value):
    """That a value is of a package's type: no member of another type, none missing."""
    try:
        pydantic.TypeAdapter(kind).validate_python(value, strict=False)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise Failed(f"{place}: {first['msg']}: {json.dumps(value)[:300]}") from None


class Server:
    def __init__(self, options):
        command = [options.lathe, "serve", "--quiet", "--json", "--model", options.model, "--port", "0", "--any-model"]
        if options.template:
            command += ["--set", "data.chat_template=" + json.dumps(options.template)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.process.stdout.readline())["url"]

    def ask(self, path, body):
        """The status, and the answer or the list of events."""
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=300) as response:
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        if status != 200 or not body.get("stream"):
            return status, json.loads(text)
        events = []
        for block in text.split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if line)
            if lines.get("data", "[DONE]") != "[DONE]":
                event = json.loads(lines["data"])
                require(lines.get("event", event.get("type")) == event.get("type"), "an event has another name")
                events.append(event)
        return status, events

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        require(self.process.wait(timeout=30) == 0, "the server did not end as it should")


class Chat:
    path, limit, place = "/v1/chat/completions", "max_tokens", "messages[0].content[0].type"
    tools = {"tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}],
             "tool_choice": "required"}

    def body(self, turns):
        return {"messages": [{"role": role, "content": text} for role, text in turns]}

    def picture(self):
        return {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}]}]}

    def whole(self, answer):
        check(openai.types.chat.ChatCompletion, answer)
        message = answer["choices"][0]["message"]
        calls = [(c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls", [])]
        return message["content"] or "", calls

    def pieces(self, events):
        text, calls = "", []
        for event in events:
            check(openai.types.chat.ChatCompletionChunk, event)
            for choice in event["choices"]:
                text += choice["delta"].get("content") or ""
                for call in choice["delta"].get("tool_calls", []):
                    if call["index"] == len(calls):
                        begins = call["id"] and call["function"]["arguments"] == ""
                        require(begins, "a call does not begin with its name")
                        calls.append([call["function"]["name"], ""])
                    calls[call["index"]][1] += call["function"]["arguments"]
        require(events[-1]["choices"][0]["finish_reason"], "the stream does not say why it ended")
        return text, [tuple(call) for call in calls]


class Responses:
    path, limit, place = "/v1/responses", "max_output_tokens", "input[0].content[0].type"
    tools = {"tools": [{"type": "function", "name": "weather", "parameters": SCHEMA}], "tool_choice": "required"}

    def body(self, turns):
        return {"input": [{"type": "message", "role": role, "content": text} for role, text in turns]}

    def picture(self):
        return {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": PICTURE}]}]}

    def whole(self, answer):
        check(openai.types.responses.Response, answer)
        messages = [item for item in answer["output"] if item["type"] == "message"]
        text = "".join(part["text"] for item in messages for part in item["content"])
        calls = [(item["name"], item["arguments"]) for item in answer["output"] if item["type"] == "function_call"]
        return text, calls

    def pieces(self, events):
        require([event["sequence_number"] for event in events] == list(range(len(events))), "events are not numbered")
        kinds = [event["type"] for event in events]
        require(kinds[:2] == ["response.created", "response.in_progress"], f"the stream begins with {kinds[:2]}")
        require(kinds[-1] in ("response.completed", "response.incomplete"), f"the stream ends with {kinds[-1]}")
        open_items, joined = set(), {}
        for event in events:
            check(openai.types.responses.ResponseStreamEvent, event)
            index, kind = event.get("output_index"), event["type"].removeprefix("response.")
            if kind == "output_item.added":
                require(not open_items, "an item begins before the last has ended")
                open_items.add(index)
            elif index is not None:
                require(index in open_items, f"{kind} outside its item")
            if kind.endswith(".delta"):
                joined[index] = joined.get(index, "") + event["delta"]
            if kind in ("output_text.done", "function_call_arguments.done"):
                require(joined.get(index, "") == event.get("text", event.get("arguments")), f"{kind} says another text")
            if kind == "output_item.done":
                open_items.remove(index)
        require(not open_items, "an item has no end")
        return self.whole(events[-1]["response"])


class Messages:
    path, limit, place = "/v1/messages", "max_tokens", None
    tools = {"tools": [{"name": "weather", "input_schema": SCHEMA}], "tool_choice": {"type": "any"}}

    def body(self, turns):
        rest = [{"role": role, "content": text} for role, text in turns if role != "system"]
        system = [text for role, text in turns if role == "system"]
        return {"model": "any", "messages": rest, **({"system": system[0]} if system else {})}

    def picture(self):
        source = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
        return {"model": "any", "messages": [{"role": "user", "content": [{"type": "image", "source": source}]}]}

    def whole(self, answer):
        check(anthropic.types.Message, answer)
        text = "".join(block["text"] for block in answer["content"] if block["type"] == "text")
        calls = [(block["name"], block["input"]) for block in answer["content"] if block["type"] == "tool_use"]
        return text, [(name, json.dumps(value)) for name, value in calls]

    def pieces(self, events):
        text, calls, index = "", [], -1
        for event in events:
            check(anthropic.types.RawMessageStreamEvent, event)
            if event["type"] == "content_block_start":
                index += 1
                require(event["index"] == index, "blocks are not numbered")
                if event["content_block"]["type"] == "tool_use":
                    calls.append([event["content_block"]["name"], ""])
            if event["type"] == "content_block_delta":
                text += event["delta"].get("text", "")
                if "partial_json" in event["delta"]:
                    calls[-1][1] += event["delta"]["partial_json"]
        require([events[0]["type"], events[-1]["type"]] == ["message_start", "message_stop"], "the stream is not closed")
        return text, [(name, json.dumps(json.loads(arguments))) for name, arguments in calls]


def ask_both(server, form, body):
    """The text and the calls of an answer, which must be the same whole and in pieces."""
    status, answer = server.ask(form.path, body)
    require(status == 200, f"{status}: {answer}")
    whole = form.whole(answer)
    status, events = server.ask(form.path, {**body, "stream": True})
    require(status == 200, f"{status}: {events}")
    pieces = form.pieces(events)
    require(pieces == whole, f"in pieces it is {pieces}, and whole {whole}")
    return whole, len(events)


def with_a_call(server, form, usual):
    (_, calls), events = ask_both(server, form, {**form.body([("user", "The weather?")]), **form.tools, **usual})
    require(calls and all(name == "weather" for name, _ in calls), f"calls: {calls}")
    for _, arguments in calls:
        require(sorted(json.loads(arguments)) == ["city", "days"], f"arguments: {arguments}")
    require(events > 12, "the arguments come in one piece")


def refused(server, form, usual):
    status, answer = server.ask(form.path, {**form.picture(), **usual})
    require(status == 400, f"a picture: {status}: {answer}")
    require(form.place is None or answer["error"]["param"] == form.place, f"a picture: {answer}")
    status, answer = server.ask(form.path, {**form.body([("user", "Hi")]), **usual, "previous_response_id": "resp_1"})
    require(status == 400 and "previous_response_id" in answer["error"]["message"], f"what is not kept: {answer}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lathe", default="lathe")
    parser.add_argument("--model", required=True)
    parser.add_argument("--template")
    options = parser.parse_args()
    server, failures, count = Server(options), 0, 0
    for form in (Chat(), Responses(), Messages()):
        usual = {"temperature": 0, form.limit: 60}
        cases = {name: lambda turns=turns: ask_both(server, form, {**form.body(turns), **usual})
                 for name, turns in CONVERSATIONS.items()}
        cases["a call"] = lambda: with_a_call(server, form, {"temperature": 0, form.limit: 160})
        cases["what there is none of"] = lambda: refused(server, form, usual)
        for name, case in cases.items():
            count += 1
            try:
                case()
            except Failed as error:
                failures += 1
                print(f"{form.path}, {name}: {error}")
    server.stop()
    print(f"{count - failures} of {count} hold")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
