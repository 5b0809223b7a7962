"""A PostgreSQL server of a test's own, where this machine has the programs."""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def _programs() -> Path:
    found = [path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    found += [Path(name).parent for name in [shutil.which("initdb")] if name]
    if not found or importlib.util.find_spec("psycopg") is None:
        pytest.skip("PostgreSQL or psycopg is not here")
    return found[-1]


def _as_user() -> list[str]:
    """Words before a command: its programs refuse to run as root."""
    if os.getuid():
        return []
    if shutil.which("setpriv") is None or "postgres" not in [user.pw_name for user in pwd.getpwall()]:
        pytest.skip("PostgreSQL does not run as root")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Address of a server, which is ended afterwards."""
    programs, user = _programs(), _as_user()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if user:
            shutil.chown(folder, "postgres", "postgres")

        def run(*words: str) -> None:
            subprocess.run([*user, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)

        run(str(programs / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "me", "--no-sync")
        control = [str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", str(folder / "log")]
        run(*control, "-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
        try:
            yield f"postgresql+psycopg://me@/postgres?host={folder}"
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
