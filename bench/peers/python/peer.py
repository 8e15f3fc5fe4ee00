"""The clients of Python that Paceline is measured against: openai, httpx,
aiohttp and litellm, each used as its documentation shows, on asyncio, with
keep-alive and as many connections as there are calls. bench/peers starts it."""

import argparse
import asyncio
import json
import os
import sys

MODEL = "bench"
PROMPT = "Review 1: arrived on time, works as described, would buy again. Positive, negative or mixed?"


def body(prompt, stream=False):
    return {"model": MODEL, "messages": [{"role": "user", "content": prompt}], "stream": stream}


def text_of(answer):
    return answer["choices"][0]["message"]["content"]


def piece(line):
    """The text of a line of a stream, None at its end."""
    if not line.startswith("data: "):
        return ""
    if line.startswith("data: [DONE]"):
        return None
    choices = json.loads(line[6:])["choices"]
    return choices[0]["delta"].get("content") or "" if choices else ""


async def joined(lines):
    pieces = []
    async for line in lines:
        text = piece(line if isinstance(line, str) else line.decode())
        if text:
            pieces.append(text)
    return "".join(pieces)


async def of_chunks(chunks):
    pieces = []
    async for chunk in chunks:
        if chunk.choices and chunk.choices[0].delta.content:
            pieces.append(chunk.choices[0].delta.content)
    return "".join(pieces)


class OpenAI:
    def __init__(self, url, concurrency):
        import openai

        limits = openai.DEFAULT_CONNECTION_LIMITS.__class__(
            max_connections=concurrency, max_keepalive_connections=concurrency)
        # Without it the client keeps 100 idle connections, and opens 1,000.
        http = openai.DefaultAsyncHttpxClient(limits=limits)
        self.client = openai.AsyncOpenAI(api_key="none", base_url=url, http_client=http, timeout=3600)

    async def whole(self, prompt):
        messages = [{"role": "user", "content": prompt}]
        answer = await self.client.chat.completions.create(model=MODEL, messages=messages)
        return answer.choices[0].message.content

    async def streamed(self, prompt):
        messages = [{"role": "user", "content": prompt}]
        return await of_chunks(await self.client.chat.completions.create(model=MODEL, messages=messages, stream=True))


class Httpx:
    def __init__(self, url, concurrency):
        import httpx

        limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
        self.client = httpx.AsyncClient(limits=limits, timeout=3600, headers={"Authorization": "Bearer none"})
        self.url = url + "/chat/completions"

    async def whole(self, prompt):
        answer = await self.client.post(self.url, json=body(prompt))
        answer.raise_for_status()
        return text_of(answer.json())

    async def streamed(self, prompt):
        async with self.client.stream("POST", self.url, json=body(prompt, True)) as answer:
            answer.raise_for_status()
            return await joined(answer.aiter_lines())


class Aiohttp:
    def __init__(self, url, concurrency):
        import aiohttp

        self.client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=concurrency), timeout=aiohttp.ClientTimeout(total=3600),
            headers={"Authorization": "Bearer none"}, raise_for_status=True)
        self.url = url + "/chat/completions"

    async def whole(self, prompt):
        async with self.client.post(self.url, json=body(prompt)) as answer:
            return text_of(await answer.json())

    async def streamed(self, prompt):
        async with self.client.post(self.url, json=body(prompt, True)) as answer:
            return await joined(answer.content)


class LiteLLM:
    def __init__(self, url, concurrency):
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it fetches a list of prices
        # Else it opens 500 connections to a host.
        for name in "AIOHTTP_CONNECTOR_LIMIT", "AIOHTTP_CONNECTOR_LIMIT_PER_HOST":
            os.environ[name] = str(concurrency)
        import litellm

        litellm.telemetry = False
        litellm.suppress_debug_info = True
        self.litellm, self.url = litellm, url

    def call(self, prompt, stream=False):
        return self.litellm.acompletion(
            model="openai/" + MODEL, messages=[{"role": "user", "content": prompt}],
            api_base=self.url, api_key="none", stream=stream, timeout=3600)

    async def whole(self, prompt):
        return (await self.call(prompt)).choices[0].message.content

    async def streamed(self, prompt):
        return await of_chunks(await self.call(prompt, stream=True))


CLIENTS = {"openai": OpenAI, "httpx": Httpx, "aiohttp": Aiohttp, "litellm": LiteLLM}


def check(text, want):
    if len(text) != want:
        raise SystemExit(f"an answer has {len(text)} characters, not {want}: {text[:80]!r}")
    return text


async def steady(args, client):
    """Makes calls until the process is killed, or one fails."""
    call = client.streamed if args.mode == "stream" else client.whole

    async def work():
        while True:
            check(await call(PROMPT), args.want)

    await asyncio.gather(*(work() for _ in range(args.concurrency)))


async def bulk(args, client):
    """The loop that one writes by hand: workers take lines of the input in turn
    and write a row each as it comes."""
    with open(args.input) as lines, open(args.output, "w") as rows:

        async def work():
            for line in lines:
                item = json.loads(line)
                text = check(await client.whole(item["text"]), args.want)
                item["llm"] = {"response": text, "requests": 1}
                rows.write(json.dumps(item) + "\n")

        await asyncio.gather(*(work() for _ in range(args.concurrency)))


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", choices=CLIENTS, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--mode", choices=["json", "stream", "bulk"], required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--want", type=int, required=True)
    parser.add_argument("--input")
    parser.add_argument("--output")
    args = parser.parse_args()
    client = CLIENTS[args.client](args.url, args.concurrency)
    await (bulk if args.mode == "bulk" else steady)(args, client)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
