"""What is needed to repeat a run: versions, the commit of the code, the seed and the data's digest."""

from __future__ import annotations

import functools
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("customer-segmentation", "scikit-learn", "numpy", "scipy", "pandas", "mlflow", "hydra-core")

#: Tag: checksum of the customers outside the population that is kept, of whom outcomes are told.
OTHERS = "others_digest"
#: Tag: checksum of the columns that only profiles and names read.
DESCRIBED = "described_digest"


@functools.cache
def versions() -> dict[str, str]:
    """Versions of Python and of the packages that shape a result."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


@functools.cache
def git_commit() -> str | None:
    """Commit of the checkout that this code runs from, with ``+changes`` when it differs; None when it is installed.

    Only a repository that lies where this package's own would is asked: git runs programs that a repository's settings
    name (``core.fsmonitor``, filters), and an environment may stand in a folder that a stranger gave.
    """
    folder = Path(__file__).resolve().parent
    source = folder.parents[1]
    if source.name != "src" or not (source.parent / ".git").exists():
        return None

    def git(*words: str) -> str:
        answer = subprocess.run(  # noqa: S603 - fixed words, no shell
            ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *words],  # noqa: S607 - the user's own git
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
        return answer.stdout.strip()

    try:
        # an environment inside somebody else's repository is not a checkout of ours
        if not git("ls-files", "--error-unmatch", str(Path(__file__).resolve())):
            return None
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "--", str(folder)) else "")
    except (OSError, subprocess.SubprocessError):
        return None


def provenance(
    *, digest: str, others_digest: str = "", described_digest: str = "", source_sha256: str, seed: int
) -> dict[str, str]:
    """Tags that every run carries.

    Parameters
    ----------
    digest : checksum of the cleaned table
    others_digest : of the customers outside the population that is kept; empty where there are none
    described_digest : of the columns that only profiles read; empty where there are none
    source_sha256 : checksum of the file
    seed : of the run
    """
    tags = {
        "data_digest": digest[:32],
        "source_sha256": source_sha256,
        "seed": str(seed),
        "versions": ", ".join(f"{name} {number}" for name, number in versions().items()),
    }
    for tag, further in ((OTHERS, others_digest), (DESCRIBED, described_digest)):
        if further:
            tags[tag] = further[:32]
    commit = git_commit()
    if commit is not None:
        tags["mlflow.source.git.commit"] = commit
    return tags
