"""The application that ``segment serve`` starts: MLflow's scoring server, for callers of this machine."""

from __future__ import annotations

import json
import os
from typing import Any

from customer_segmentation.secrets import redact

#: Variable that tells the server's process the folder of its model.
MODEL = "SEGMENT_SERVED_MODEL"
#: What a caller may call the server: a web page that gives its own name this machine's address calls it by that name.
HOSTS = ("127.0.0.1", "localhost")

#: Pages of FastAPI that run scripts of other servers, in which a browser may then read what this one answers.
PAGES = ("/docs", "/docs/oauth2-redirect", "/redoc")


def app() -> Any:
    """MLflow's scoring server of the model that `MODEL` names."""
    from mlflow.pyfunc import load_model, scoring_server

    return guarded(scoring_server.init(load_model(os.environ[MODEL])))


def guarded(server: Any) -> Any:
    """Let a server answer to its own names alone, tell what it cannot read, and no caller where its files are.

    Parameters
    ----------
    server : of FastAPI
    """
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.requests import Request
    from starlette.responses import Response

    def refused(status: int, why: str) -> Response:
        told = json.dumps({"error_code": "BAD_REQUEST", "message": redact(why)})
        return Response(told, status, media_type="application/json")

    async def without_trace(request: Request, call_next: Any) -> Any:
        if request.method == "POST" and "content-type" not in request.headers:
            return refused(415, "Say what the customers are written in: Content-Type: application/json.")
        try:
            answer = await call_next(request)
        except (ValueError, RecursionError) as error:  # of JSON that MLflow does not expect
            return refused(400, f"The customers cannot be read ({type(error).__name__}: {error}); send other JSON.")
        if answer.status_code < 400:
            return answer
        body = b"".join([part async for part in answer.body_iterator])
        return Response(without_stack(body), answer.status_code, media_type=answer.headers.get("content-type"))

    server.router.routes[:] = [route for route in server.router.routes if route.path not in PAGES]
    server.middleware("http")(without_trace)
    server.add_middleware(TrustedHostMiddleware, allowed_hosts=[*HOSTS])
    return server


def without_stack(body: bytes) -> bytes:
    """An error as it is told: without the stack trace, which has the paths of files, and without secrets.

    >>> without_stack(b'{"error_code": "BAD_REQUEST", "message": "no", "stack_trace": "File /home/me/x.py"}')
    b'{"error_code": "BAD_REQUEST", "message": "no"}'
    """
    text = body.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except ValueError:
        return redact(text).encode()
    if isinstance(told, dict):
        told.pop("stack_trace", None)
    return redact(json.dumps(told)).encode()
