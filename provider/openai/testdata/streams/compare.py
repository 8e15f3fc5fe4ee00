"""Puts every recorded stream together with the official Python client and
writes what it makes of it, NAME.python.json. Run it with openai installed
(pip install openai); the Go tests read only its results."""
import json, pathlib
from openai._models import construct_type
from openai.types.chat import ChatCompletionChunk
from openai.lib.streaming.chat import ChatCompletionStreamState

for path in sorted(pathlib.Path(__file__).parent.glob("*.sse")):
    state = ChatCompletionStreamState()
    try:
        for line in path.read_text().splitlines():
            if line.startswith("data: {"):
                chunk = construct_type(type_=ChatCompletionChunk, value=json.loads(line[6:]))
                state.handle_chunk(chunk)
        final = state.current_completion_snapshot.to_dict()
    except Exception as err:
        final = {"fails": f"{type(err).__name__}: {err}"}
    out = json.dumps(final, indent=1, sort_keys=True)
    path.with_suffix("").with_suffix(".python.json").write_text(out + "\n")
