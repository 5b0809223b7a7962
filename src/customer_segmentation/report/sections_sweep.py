"""The appendix of a report: data, exploration, sweep, choice, how to reproduce it."""

from __future__ import annotations

from customer_segmentation.figures.labels import number
from customer_segmentation.formatting import capital, counted, finite, listed, percent, span
from customer_segmentation.report.data import ReportData
from customer_segmentation.report.document import Beside, Block, Bullets, Code, Gallery, Grid, Paragraph, bullets
from customer_segmentation.settings.criteria import CRITERIA
from customer_segmentation.verdict.text import CONFIDENCE

SHOWN_CANDIDATES = 10


SHOWN_COLUMNS = 14


SHOWN_REASONS = 6


NOBODY = "No candidate was chosen."


#: Scores of the leaderboard that compare across spaces, and how a reader calls them.
SCORES = (*((item.column, item.heading) for item in CRITERIA.values()), ("smallest_share", "smallest segment"))
MEANINGS = {item.column: item.meaning for item in CRITERIA.values() if item.meaning}
SHARES = {"smallest_share", *(item.column for item in CRITERIA.values() if item.share)}
STRUCTURES = {"natural": "natural", "none": "none found", "undecidable": "not decidable"}


VERDICTS = {"chosen": "chosen", "runner_up": "runner-up", "best_of_study": "best of its study", "qualified": ""}


def data_blocks(data: ReportData) -> tuple[Block, ...]:
    """Account of the rows: what was read, used, rejected and corrected."""
    table, rows = data.table, data.table.rows
    blocks: list[Block] = []
    if table.synthetic:
        blocks.append(
            Paragraph(
                "These customers are the built-in sample, drawn to the rules of a published table. They show how the "
                "report reads; nothing here is a finding about real customers.",
                lead="Not real customers.",
            )
        )
    left = f"not of the population “{table.population}”" if table.population else "not selected"
    blocks.append(
        Grid(
            f"Rows of {table.source}",
            ("rows", "number"),
            (
                ("read", f"{rows.get('rows_read', 0):,}"),
                ("used", f"{rows.get('rows_used', 0):,}"),
                (left, f"{rows.get('rows_not_selected', 0):,}"),
                ("rejected, because they cannot be used", f"{rows.get('rows_rejected', 0):,}"),
            ),
            (False, True),
        )
    )
    if table.customers != rows.get("rows_used", table.customers):
        blocks.append(Paragraph(f"The rows used sum up to {table.customers:,} customers."))
    if table.notes:
        blocks.append(Paragraph(f"{table.notes}.", lead="Not selected."))
    if table.reasons:
        shown = table.reasons[:SHOWN_REASONS]
        blocks.append(Paragraph("Why rows were rejected (rejected.csv on the run has each of them):"))
        blocks.append(bullets([f"{reason}: {count:,}" for reason, count in shown]))
    if table.repairs:
        blocks.append(Paragraph(f"{table.repairs}.", lead="Corrected."))
    if table.ignored_columns:
        blocks.append(Paragraph(f"Columns that the contract does not know: {table.ignored_columns}.", lead="Ignored."))
    if table.outcomes and rows.get("rows_not_selected", 0):
        blocks.append(
            Paragraph(
                "Customers outside the population were not clustered. They are assigned to their nearest segment "
                "afterwards, so that the outcome rates below are those of all customers."
            )
        )
    return tuple(blocks)


def exploration_blocks(data: ReportData) -> tuple[Block, ...]:
    """Hypotheses with how they stand, the description, correlations and counts."""
    blocks: list[Block] = []
    found = data.hypotheses
    if len(found):
        blocks.append(
            Paragraph(
                "Declared before looking, and tested on the customers used; p is corrected for the number of tests. "
                "Association is not causation."
            )
        )
        blocks.append(
            Bullets(
                tuple(
                    Paragraph(str(row["sentence"]), lead=f"{capital(str(row['standing']))}.")
                    for _, row in found.iterrows()
                )
            )
        )
    else:
        blocks.append(Paragraph("No hypothesis was declared for this table."))
    beside: list[Block] = []
    if len(data.description):
        names = [name for name in ("mean", "std", "min", "50%", "median", "max") if name in data.description]
        table = data.description
        table = table[(table["min"] != 0) | (table["max"] != 1)] if {"min", "max"} <= set(table) else table  # no yes/no
        table = (
            table[table["std"] != 0] if "std" in table else table
        )  # such as the outcome that the population left out
        shown = table.head(SHOWN_COLUMNS)
        cut = f", the first {len(shown)} of {len(table)}" if len(table) > len(shown) else ""
        beside.append(
            Grid(
                f"Numeric columns of the customers used{cut}",
                ("column", *({"50%": "median", "std": "standard deviation"}.get(name, name) for name in names)),
                tuple(
                    (str(row["column"]), *(number(float(row[name])) for name in names)) for _, row in shown.iterrows()
                ),
                (False, *(True for _ in names)),
            )
        )
    beside += data.pictures_of("correlations", "counts")
    if beside:
        blocks.append(Beside(tuple(beside)))
    return tuple(blocks)


def sweep_blocks(data: ReportData) -> tuple[Block, ...]:
    """How the candidates compare, and where they may not be compared."""
    board, params = data.leaderboard, data.sweep.params
    tried = (
        f"{counted(data.sweep.studies, 'study', 'studies')}: features {listed(params.get('features', '').split(','))}, "
        f"scaling {listed(params.get('scaling', '').split(','))}, k = {span(params.get('k', ''))}; "
        f"{counted(len(board), 'candidate')} in all."
    )
    blocks: list[Block] = [
        Paragraph(tried),
        Paragraph(
            "A study is one feature set under one scaling, and its candidates are the numbers of segments k. Inertia "
            "and silhouette are measured in each study's own space and rank the "
            "numbers of segments of one study only, so they are not listed here. What compares is the yardstick: the "
            "share "
            "of one declared reference space (fixed columns under a fixed scaling) that a candidate explains, "
            "against what "
            "K-means attains there with as many segments. It is a preference: another reference may prefer another one."
        ),
    ]
    if data.sweep.failed:
        blocks.append(Paragraph("These studies failed:"))
        blocks.append(bullets([Paragraph(reason, lead=f"{name}:") for name, reason in data.sweep.failed.items()]))
    if len(board):
        told = [MEANINGS[key] for key, _ in SCORES if key in MEANINGS and key in board and board[key].notna().any()]
        if told:
            blocks.append(Paragraph(f"{capital('; '.join(told))}. A dash: not evaluated."))
        blocks.append(leaders(data))  # ten columns: beside a picture the last ones would be cut off
    pictures = data.pictures_of("elbows", "heatmaps", "sweep_*")
    if pictures:
        blocks.append(Gallery(pictures))
    return tuple(blocks)


def leaders(data: ReportData) -> Grid:
    """The first candidates: the chosen, the runner-up, then by yardstick."""
    board = data.leaderboard
    described = None if data.candidate is None else data.candidate.run_id
    rank = {"chosen": 0, "runner_up": 1}
    out = board["verdict"].str.startswith("ruled_out").to_numpy()
    first = board["verdict"].map(rank).fillna(2).to_numpy()
    own = (board["run_id"] == described).to_numpy()
    order = (
        board.assign(_first=first, _out=out & ~own, _own=~own)
        .sort_values(
            ["_first", "_own", "_out", "yardstick", "k"], ascending=[True, True, True, False, True], kind="stable"
        )
        .head(SHOWN_CANDIDATES)
    )
    names = [(key, word) for key, word in SCORES if key in board and board[key].notna().any()]
    rows = tuple(
        (
            f"{row['study']} · k={int(row['k'])}",
            *(score(key, row[key]) for key, _ in names),
            verdict_word(str(row["verdict"])),
        )
        for _, row in order.iterrows()
    )
    marked = tuple(i for i, run_id in enumerate(order["run_id"]) if run_id == described)
    total = f"The first {len(rows)} of {len(board)} candidates" if len(board) > len(rows) else "All candidates"
    return Grid(
        f"{total}, by yardstick after the chosen one and the runner-up",
        ("candidate", *(word for _, word in names), "verdict"),
        rows,
        (False, *(True for _ in names), False),
        marked,
    )


def score(name: str, value: object) -> str:
    """Score of the leaderboard as text.

    Parameters
    ----------
    name : of the score
    value : None or NaN where there is none
    """
    number = finite(value)
    if number is None:
        return "–"
    return percent(number) if name in SHARES else f"{number:.3f}"


def verdict_word(tag: str) -> str:
    """Verdict of a candidate as a reader says it."""
    if tag.startswith("ruled_out"):
        return f"ruled out: {tag.partition(':')[2].replace('_', ' ')}"
    return VERDICTS.get(tag, tag.replace("_", " "))


def choice_blocks(data: ReportData) -> tuple[Block, ...]:
    """What was chosen, why, the reasons against it, and what was ruled out."""
    verdict = data.verdict
    blocks: list[Block] = []
    headline = verdict.get("headline") or ("A candidate was chosen." if verdict.get("chosen") else NOBODY)
    blocks.append(Paragraph("", lead=str(headline)))
    certainty = verdict.get("certainty")
    if isinstance(certainty, dict) and certainty.get("sentence"):
        blocks.append(Paragraph(str(certainty["sentence"]), lead=f"Confidence: {certainty.get('word', '')}."))
    reasons = [str(reason) for reason in verdict.get("reasons", ()) if reason != headline]
    if reasons:
        blocks.append(bullets(reasons))
    structures = [item for item in verdict.get("structure_by_study", ()) if isinstance(item, dict)]
    if len({str(item.get("structure")) for item in structures}) > 1:  # one word for all is said above
        blocks.append(
            Grid(
                "Natural structure: the valley test of every study (does the density fall between neighbouring "
                "segments?)",
                ("study", "structure", "clusters", "confidence"),
                tuple(
                    (
                        str(item.get("study", "")),
                        STRUCTURES.get(str(item.get("structure")), str(item.get("structure", ""))),
                        "–" if int(item.get("k_star") or 1) <= 1 else str(item.get("k_star")),
                        CONFIDENCE.get(str(item.get("certainty")), str(item.get("certainty", ""))),
                    )
                    for item in structures
                ),
                (False, False, True, False),
            )
        )
    if data.of_candidate and data.candidate is not None and not data.is_chosen:
        row = data.candidate.row
        blocks.insert(
            0,
            Paragraph(
                f"Its sweep judged it: {verdict_word(str(row.get('verdict', ''))) or 'qualified, not chosen'}.",
                lead=f"This report describes {data.candidate.name}, which was not chosen.",
            ),
        )
    pictures = data.pictures_of("verdict_*")
    if pictures and (data.is_chosen or not data.of_candidate):
        blocks.append(Gallery(pictures))
    return tuple(blocks)


def repeat_blocks(data: ReportData) -> tuple[Block, ...]:
    """Commands, seed, checksums and versions."""
    sweep, tags = data.sweep, data.sweep.tags
    blocks: list[Block] = [Paragraph("The sweep, which gives the same numbers with the same seed, config and data:")]
    blocks.append(Code(sweep.command))
    run_id = sweep.run_id if not data.of_candidate or data.candidate is None else data.candidate.run_id
    blocks.append(Paragraph("This report, from what the runs hold:"))
    blocks.append(Code(sweep.line("report", f"run_id={run_id}")))
    facts = [
        ("sweep run", sweep.run_id),
        ("candidate run", "" if data.candidate is None else data.candidate.run_id),
        ("experiment", sweep.experiment),
        ("date", sweep.started),
        ("seed", tags.get("seed", "")),
        ("checksum of the customers used", tags.get("data_digest_full", tags.get("data_digest", ""))),
        ("SHA-256 of the source", tags.get("source_sha256", "")),
        ("commit", tags.get("mlflow.source.git.commit", "")),
        ("versions", tags.get("versions", "")),
    ]
    blocks.append(
        Grid("What these numbers come from", ("what", "value"), tuple((name, text) for name, text in facts if text))
    )
    return tuple(blocks)
