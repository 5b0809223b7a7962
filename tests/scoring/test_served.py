"""The server of ``segment serve``: what a caller is told whose customers cannot be read."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from mlflow.pyfunc import scoring_server

from customer_segmentation.scoring.served import PAGES, guarded


def asked(app, path, body=b"", headers=None, method="GET"):
    """Status and answer of an application to one request, without a server."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "scheme": "http"}
    named = [(b"host", b"127.0.0.1"), *((key.encode(), value.encode()) for key, value in (headers or {}).items())]
    asyncio.run(app({**scope, "headers": named, "server": ("127.0.0.1", 80)}, receive, send))
    return sent[0]["status"], json.loads(b"".join(part.get("body", b"") for part in sent[1:]))


def server():
    """The server of a model that nobody asks."""
    metadata = SimpleNamespace(get_input_schema=lambda: None, get_params_schema=lambda: None)
    return guarded(scoring_server.init(SimpleNamespace(metadata=metadata)))


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
    found, told = asked(server(), "/invocations", body, headers, "POST")
    assert found == status
    assert sentence in told["message"]
    assert "stack_trace" not in told


def test_no_page_of_the_server_runs_scripts_of_another():
    here = server()
    assert [asked(here, path)[0] for path in PAGES] == [404] * len(PAGES)
    assert asked(here, "/openapi.json")[0] == 200
