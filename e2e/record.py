"""Records how a llama.cpp server really answers, for provider/openai's tests.

    python e2e/record.py http://127.0.0.1:8080/v1 provider/openai/testdata/llamacpp

Every case is sent unstreamed and streamed with the same seed at temperature 0.
For each, CASE.request.json is what was sent ("stream" and "stream_options" are
added for the streamed one), and CASE.json or CASE_streamed.sse is the answer
as it came: the status line, the header, an empty line, the body with its
transfer encoding removed. Standard library only.
"""

import http.client
import json
import pathlib
import sys
import urllib.parse

SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": ["good", "bad"]},
        "score": {"type": "integer", "minimum": 1, "maximum": 5},
    },
    "required": ["label", "score"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def ask(text, **more):
    """A request at temperature 0 with a fixed seed."""
    body = {
        "model": "smollm2",
        "messages": [{"role": "user", "content": text}],
        "temperature": 0,
        "seed": 1,
        "max_tokens": 24,
    }
    return {**body, **more}


def schema(name="label"):
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "strict": True, "schema": SCHEMA},
    }


REVIEW = "Label this review: the food was cold and the waiter rude."

CASES = {
    "plain": ask("Name three colours."),
    "unicode": ask("Repeat exactly: Zürich – 東京 👩‍🚀 naïve"),
    "stop": ask("Say hello.", max_tokens=64),
    "stop_sequence": ask("Count from 1 to 9.", stop=["3"]),
    "one_token": ask("Say hello.", max_tokens=1),
    "two_choices": ask("Name a fruit.", n=2, temperature=0.8),
    "logprobs": ask("Say hello.", logprobs=True, top_logprobs=2, max_tokens=4),
    "json_schema": ask(REVIEW, response_format=schema()),
    "json_object": ask("Answer in JSON: a fruit.", response_format={"type": "json_object"}),
    "tool_forced": ask("What is the weather in Paris?", tools=[TOOL], tool_choice="required", max_tokens=64),
    "tool_auto": ask("What is the weather in Paris?", tools=[TOOL]),
    "unknown_field": ask("Say hello.", x_paceline=12345678901234567890, max_tokens=4),
    "unknown_model": ask("Say hello.", model="no-such-model", max_tokens=4),
    "system": ask("Say hello.", messages=[
        {"role": "system", "content": "Answer in one word."},
        {"role": "user", "content": "Say hello."}], max_tokens=4),
    "parts": ask("", messages=[
        {"role": "user", "content": [{"type": "text", "text": "Say hello."}]}], max_tokens=4),
    "too_long": ask("word " * 6000),
    "image_refused": ask("", messages=[{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]}]),
    "messages_missing": {"model": "smollm2"},
    "bad_schema": ask("x", response_format={
        "type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}}),
    "bad_type": ask("x", max_tokens="many"),
    "bad_role": ask("x", messages=[{"role": "nobody", "content": "x"}], max_tokens=4),
}


def send(base, method, path, payload):
    """Sends one request and returns (status line and header, body)."""
    url = urllib.parse.urlsplit(base)
    conn = http.client.HTTPConnection(url.hostname, url.port, timeout=120)
    conn.request(method, url.path + path, payload, {"Content-Type": "application/json"})
    resp = conn.getresponse()
    head = [f"HTTP/1.1 {resp.status} {resp.reason}"]
    head += [f"{k}: {v}" for k, v in resp.getheaders()]
    body = resp.read()
    conn.close()
    return "\r\n".join(head).encode() + b"\r\n\r\n", body


def record(out, base, name, payload, ending, keep=True, method="POST", path="/chat/completions"):
    """Sends payload and saves its answer, and, if keep is set, payload itself."""
    if keep and payload is not None:
        (out / f"{name}.request.json").write_bytes(payload)
    head, body = send(base, method, path, payload)
    (out / f"{name}.{ending}").write_bytes(head + body)
    print(name, head.split(b"\r\n", 1)[0].decode(), len(body))


def main():
    base, out = sys.argv[1].rstrip("/"), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for name, body in CASES.items():
        record(out, base, name, json.dumps(body, ensure_ascii=False).encode(), "json")
        streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
        payload = json.dumps(streamed, ensure_ascii=False).encode()
        record(out, base, name + "_streamed", payload, "sse", keep=False)
    plain = {**ask("Say hello."), "stream": True}
    record(out, base, "no_usage_streamed", json.dumps(plain).encode(), "sse", keep=False)
    record(out, base, "bad_json", b'{"model": "smollm2", "messages": [', "json")
    record(out, base, "bad_path", b"{}", "json", path="/nothing")
    record(out, base, "models", None, "json", method="GET", path="/models")


main()
