"""Makes one call with the official OpenAI client, unstreamed and streamed.

    echo '{"model": ..., "messages": ...}' | python e2e/compare.py http://127.0.0.1:8080/v1

Prints {"Whole": the unstreamed response object, "Texts": [each choice's text
as streamed]}, for the end-to-end tests to compare Paceline with.
"""

import json
import sys

import openai


def streamed(client, body):
    """Returns each choice's content, by index."""
    texts = {}
    for chunk in client.chat.completions.create(**body, stream=True):
        for choice in chunk.choices:
            texts.setdefault(choice.index, "")
            texts[choice.index] += choice.delta.content or ""
    return [texts[i] for i in sorted(texts)]


def main():
    client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
    body = json.load(sys.stdin)
    whole = client.chat.completions.with_raw_response.create(**body)
    parsed = whole.parse().model_dump(exclude_unset=True)
    json.dump({"Whole": parsed, "Texts": streamed(client, body)}, sys.stdout)


main()
