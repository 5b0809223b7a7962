"""The help of a command: what it does, every decision with the files that exist for it, settings, examples."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence

from customer_segmentation.config.paths import about_config, options_of

#: A longer word stands on a line of its own, its meaning under it; lines beyond this width are hard to read.
LONGEST_TERM, WIDEST = 30, 100


def page_width() -> int:
    """Columns that a page of help may use: those of the terminal, 80 where there is none."""
    return min(max(shutil.get_terminal_size().columns, 40), WIDEST)


def paragraph(text: str, indent: str = "") -> str:
    """Fill a paragraph; no word is broken.

    Parameters
    ----------
    text : without line breaks
    indent : of every line
    """
    return textwrap.fill(
        text,
        page_width(),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def definitions(terms: Sequence[tuple[str, str]], indent: str = "  ") -> list[str]:
    """Lines of words and what they mean, the meanings under each other.

    Parameters
    ----------
    terms : pairs of a word and its meaning
    indent : of the words
    """
    width = max((len(term) for term, _ in terms if len(term) <= LONGEST_TERM), default=4)
    margin = indent + " " * (width + 2)
    lines = []
    for term, meaning in terms:
        filled = paragraph(meaning, margin) if meaning else ""
        if len(term) <= width:
            lines.append(f"{indent}{term:<{width}}  {filled[len(margin) :]}".rstrip())
        else:
            lines += [f"{indent}{term}", *([filled] if filled else [])]
    return lines


def help_page(
    heading: Sequence[str],
    *,
    decisions: Mapping[str, str] | None = None,
    settings: Sequence[tuple[str, str]] = (),
    examples: Sequence[str | tuple[str, str]] = (),
) -> str:
    """Lay out the help of a command, to the width of the terminal.

    Parameters
    ----------
    heading : sequence of str
        Paragraphs on what the command does and how it is used.
    decisions : mapping, optional
        Decision to what it decides; its options are the files of the shipped ``conf/`` and of the user's own.
    settings : sequence of pairs
        A form as it is typed, and what it means.
    examples : sequence of str, or of pairs
        Lines as they are typed, and what they do where that does not speak for itself. They are never broken, to be
        pasted as they stand.
    """
    lines = "\n\n".join(paragraph(text) for text in heading).split("\n")
    if decisions:
        lines += ["", paragraph("Decisions (conf/DECISION/NAME.yaml; files of your own conf/ are found too):")]
    for decision, meaning in (decisions or {}).items():
        options = [(name, about_config(path)) for name, path in options_of(decision).items()]
        lines += ["", *definitions([(f"{decision}=", meaning)]), *definitions(options, indent="    ")]
    if settings:
        lines += ["", "Settings:", *definitions(settings)]
    if examples:
        lines += ["", "Examples:"]
        for example in examples:
            line, meaning = (example, "") if isinstance(example, str) else example
            lines += [f"  {line}", *([paragraph(meaning, "      ")] if meaning else [])]
    return "\n".join(lines)
