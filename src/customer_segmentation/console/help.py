"""The help of a command: what it does, every decision with the files that exist for it, settings, examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from customer_segmentation.config.paths import first_comment, options_of


def help_page(
    heading: Sequence[str],
    *,
    decisions: Mapping[str, str] | None = None,
    settings: Sequence[tuple[str, str]] = (),
    examples: Sequence[str] = (),
) -> str:
    """Lay out the help of a command.

    Parameters
    ----------
    heading : sequence of str
        Lines on what the command does and how it is used.
    decisions : mapping, optional
        Decision to what it decides; its options are the files of the shipped ``conf/`` and of the user's own.
    settings : sequence of pairs
        A form as it is typed, and what it means.
    examples : sequence of str
        Lines.
    """
    lines = list(heading)
    if decisions:
        lines += ["", "Decisions (conf/DECISION/NAME.yaml; files of your own conf/ are found too):"]
    for decision, meaning in (decisions or {}).items():
        options = options_of(decision)
        width = max(map(len, options), default=0)
        lines += ["", f"  {decision}=   {meaning}"]
        lines += [f"    {name:<{width}}  {first_comment(path)}".rstrip() for name, path in options.items()]
    if settings:
        width = max(len(form) for form, _ in settings)
        lines += ["", "Settings:", *(f"  {form:<{width}}  {meaning}" for form, meaning in settings)]
    if examples:
        lines += ["", "Examples:", *(f"  {line}" for line in examples)]
    return "\n".join(lines)
