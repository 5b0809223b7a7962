"""Tables of benchmarks/README.md: each stands between two marks and is replaced by the script that measured it."""

from pathlib import Path

README = Path(__file__).with_name("README.md")


def write_part(part: str, text: str) -> None:
    """Replace what stands between the marks of a part.

    Raises
    ------
    ValueError
        The README has no such part.
    """
    begin, end = f"<!-- {part}: written by the script -->\n", f"<!-- {part}: end -->"
    whole = README.read_text(encoding="utf-8")
    before, found, rest = whole.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{README} has no part {part!r} between two marks")
    README.write_text(f"{before}{begin}{text}\n{end}{after}", encoding="utf-8")
