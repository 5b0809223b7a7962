"""The server of ``segment serve``: what a caller is told whose customers cannot be read."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from mlflow.pyfunc import scoring_server

from customer_segmentation.scoring.served import guarded


def post(app, body, headers):
    """Status and answer of an application to one request, without a server."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/invocations", "query_string": b"", "scheme": "http"}
    named = [(b"host", b"127.0.0.1"), *((key.encode(), value.encode()) for key, value in headers.items())]
    asyncio.run(app({**scope, "headers": named, "server": ("127.0.0.1", 80)}, receive, send))
    return sent[0]["status"], json.loads(b"".join(part.get("body", b"") for part in sent[1:]))


@pytest.mark.parametrize(
    ("body", "headers", "status", "sentence"),
    [
        (b"[" * 100_000, {"content-type": "application/json"}, 400, "cannot be read (RecursionError: maximum"),
        (b"1" * 5_000, {"content-type": "application/json"}, 400, "cannot be read (ValueError: Exceeds the limit"),
        (b"{}", {}, 415, "Content-Type: application/json."),
        (b"{", {"content-type": "application/json"}, 400, "valid JSON formatted string"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(body, headers, status, sentence):
    metadata = SimpleNamespace(get_input_schema=lambda: None, get_params_schema=lambda: None)
    found, told = post(guarded(scoring_server.init(SimpleNamespace(metadata=metadata))), body, headers)
    assert found == status
    assert sentence in told["message"]
    assert "stack_trace" not in told
