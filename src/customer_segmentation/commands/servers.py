"""Ports and ends of the servers that `serve` and `ui` start."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time

from customer_segmentation.errors import StoreError

HOST = "127.0.0.1"


PATIENCE = 300.0  # seconds until the server must answer: a busy machine takes minutes for the imports


def free_port(port: int) -> None:
    """Refuse a port on which something listens already.

    Raises
    ------
    StoreError
        Something listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise StoreError(f"port {port} of {HOST} cannot be used ({error}); give another with port=5001.") from error


def answers(server: subprocess.Popen[bytes], port: int, seconds: float = 240.0) -> bool:
    """Wait until the server listens, or has ended.

    Parameters
    ----------
    server : the process that was started
    port : where it is to listen
    seconds : how long to wait
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return True
        time.sleep(0.2)
    return False


def wait(server: subprocess.Popen[bytes]) -> int:
    """Wait for the server's end, or for Ctrl-C; return its exit code.

    Parameters
    ----------
    server : the process that was started
    """
    # again: a library that was loaded since may have taken the signal, below what Python knows of it
    handler = signal.getsignal(signal.SIGINT)
    if handler is not None:
        signal.signal(signal.SIGINT, handler)
    return server.wait()


def end(server: subprocess.Popen[bytes], port: int) -> None:
    """End the server with its workers, which may outlive the process that started them and hold the port.

    Parameters
    ----------
    server : the process that was started, the first of its own group
    port : where it listens
    """
    for word, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 1.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, word)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if server.poll() is not None:
                with contextlib.suppress(StoreError):
                    free_port(port)
                    return
                try:  # where nobody reaps them its workers stay, so that the port is asked first
                    os.killpg(server.pid, 0)
                except ProcessLookupError:  # somebody else's port
                    return
            time.sleep(0.02)
