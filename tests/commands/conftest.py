"""Commands within this process: a hundred times quicker than a process each, where nothing but words is looked at."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from customer_segmentation.commands.main import main


@dataclass(frozen=True)
class Said:
    """What a command left on the terminal."""

    code: int
    out: str
    error: str

    @property
    def sentence(self) -> str:
        """The one sentence of a failure; anything more, or a traceback, fails the test."""
        assert self.code not in (0, None)
        assert "Traceback" not in self.error
        own = "of this folder's own configs: "  # said of the files that were taken, whatever comes then
        lines = [line for line in self.error.strip().splitlines() if not line.startswith(own)]
        assert len(lines) == 1, self.error
        assert lines[0].startswith("segment"), self.error
        return lines[0]


@pytest.fixture
def segment(capsys, monkeypatch) -> Callable[..., Said]:
    """Return a function that runs ``segment WORDS`` here, in the test's folder, and forgets what it leaves behind."""
    before, environment = signal.getsignal(signal.SIGTERM), dict(os.environ)
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)

    def run(*words: str) -> Said:
        capsys.readouterr()
        code = main(words)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    yield run
    signal.signal(signal.SIGTERM, before)
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture(scope="session")
def lean() -> tuple[str, ...]:
    """Words of a sweep that a test only needs to have been."""
    bare = ("hypotheses=none", "exploration=none", "tracking.report=false", "tracking.figures=false")
    return (*bare, "launcher=in_process", "quiet=true")
