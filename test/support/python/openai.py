"""
As much of OpenAI's package for Python as docs/EXAMPLES.md uses, for machines without it. It knows those names and no
others: a wrong one fails here as it would there.
"""

import json
from types import SimpleNamespace
from urllib.request import Request, urlopen


class OpenAI:
    def __init__(self, *, base_url, api_key):
        def create(*, model, messages, stream):
            request = Request(
                f"{base_url}/chat/completions",
                json.dumps({"model": model, "messages": messages, "stream": stream}).encode(),
                {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
            )
            with urlopen(request) as response:
                for line in response:
                    if line.startswith(b"data: {"):
                        yield json.loads(line[6:], object_hook=lambda fields: Chunk(**fields))

        self.chat = SimpleNamespace(completions=SimpleNamespace(create=create))


class Chunk(SimpleNamespace):
    def __getattr__(self, _name):
        # A field that was not sent is None, as in the package.
        return None
