"""Remake the pictures of the README from the built-in sample: `make pictures`.

They are screenshots of the real report and of the real MLflow UI, taken by a Chromium without a window, and made small.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
SEGMENT = str(Path(sys.executable).parent / "segment")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PORT = 5987
WIDTH = 1000  # pixels of a picture
COLOURS = 96


def screenshot(address: str, target: Path, *, size: tuple[int, int], seconds: int, keep: int = 0) -> None:
    """Take a picture of a page.

    Parameters
    ----------
    address
        Of the page.
    target
        PNG to write.
    size
        Width and height of the window, in pixels.
    seconds
        Time that the page has to draw itself.
    keep
        Pixels of the width that are kept, from the left; 0: all.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit(f"no browser: expected one of {', '.join(BROWSERS)} on the path.")
    with tempfile.TemporaryDirectory() as profile:
        raw = Path(profile) / "raw.png"
        command = [
            browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}",
            f"--virtual-time-budget={1000 * seconds}", f"--screenshot={raw}", address,
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=180)  # noqa: S603
        image = Image.open(raw).convert("RGB")
        image = image.crop((0, 0, min(image.width, keep or image.width), image.height))
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
        # by coverage: the median cut takes the orange of a segment for a grey of the text
        few = image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(target, optimize=True)
    print(f"{target}: {target.stat().st_size // 1024} kB")


def served(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the UI on the store of a folder; return it and the address of the list of candidates that it tells."""
    words = [SEGMENT, "ui", f"port={PORT}", "open=false"]
    server = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
    assert server.stdout is not None  # noqa: S101 - it is a pipe
    told: list[str] = []
    for line in server.stdout:
        told += [word.strip(".,") for word in line.split() if word.startswith("http://127")]
        if told and "Ctrl-C" in line:
            return server, told[0]  # the candidates; the other views follow
    sys.exit("the UI did not start.")


def main() -> None:
    """Sweep the sample, then take both pictures."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        subprocess.run([SEGMENT, "sweep", "quiet=true"], cwd=folder, check=True)  # noqa: S603
        subprocess.run([SEGMENT, "report", "output=report.html", "quiet=true"], cwd=folder, check=True)  # noqa: S603
        screenshot(f"file://{folder}/report.html", PICTURES / "report.png", size=(1280, 1100), seconds=5)
        server, address = served(folder)
        try:
            screenshot(
                address, PICTURES / "ui.png", size=(1880, 860), seconds=20, keep=1400
            )  # right of it an assistant
        finally:
            server.terminate()
            server.wait(timeout=30)


if __name__ == "__main__":
    main()
