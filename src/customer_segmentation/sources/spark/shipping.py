"""The package as one file, for workers of a cluster that do not have it."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import customer_segmentation
from customer_segmentation.scratch import scratch_folder


@contextlib.contextmanager
def package_archive() -> Iterator[Path]:
    """The modules of this package in a zip archive from which Python can import, for as long as the block lasts."""
    package = Path(customer_segmentation.__file__).parent
    with scratch_folder() as folder:
        archive = Path(folder) / "customer_segmentation.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(package.rglob("*.py")):
                packed.write(path, path.relative_to(package.parent))
        yield archive
