"""Which process works on a run, and whether it is still there.

A run is left RUNNING when its process is killed. Its age proves nothing, since a study may take hours. The process
does: host, boot, process id and start time together name one process and no later one.
"""

from __future__ import annotations

import functools
import json
import os
import socket
from pathlib import Path
from typing import Literal

TAG = "z.process"

State = Literal["alive", "gone", "elsewhere"]


@functools.cache
def _machine() -> dict[str, str]:
    """Host, boot and space of process ids: a container has ids of its own."""
    boot = _read("/proc/sys/kernel/random/boot_id")
    try:
        space = os.readlink("/proc/self/ns/pid")
    except OSError:
        space = ""
    return {"host": socket.gethostname(), "boot": boot, "space": space, "machine": _read("/etc/machine-id")}


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """Start of a process in ticks since the boot; None when there is none, or only its remains."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = text.rpartition(")")[2].split()
    return None if state in ("Z", "X") else fields[18]


def this_process() -> str:
    """Value of the tag for runs that this process works on."""
    pid = os.getpid()
    return json.dumps({**_machine(), "pid": pid, "started": _started(pid)})


def state_of(tag: str) -> State:
    """Whether a tag's process is alive, is proved to be gone, or is on a machine that cannot be asked here."""
    try:
        there = json.loads(tag)
        pid = int(there["pid"])
    except (ValueError, KeyError, TypeError):
        return "elsewhere"
    here = _machine()
    if not here["boot"] or there.get("host") != here["host"]:
        return "elsewhere"
    if there.get("boot") != here["boot"]:
        # the same machine, started again; without an id of the machine it may be another one of that name
        return "gone" if here["machine"] and there.get("machine") == here["machine"] else "elsewhere"
    if there.get("space") != here["space"]:
        return "elsewhere"
    return "alive" if there.get("started") is not None and _started(pid) == there["started"] else "gone"


def named(tag: str) -> str:
    """Name a process for a sentence: its id and its host."""
    try:
        there = json.loads(tag)
        return f"process {there['pid']} on {there['host']}"
    except (ValueError, KeyError, TypeError):
        return "a process that left no name"
