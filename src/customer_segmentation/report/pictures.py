"""Figures on the page: as small images reduced to a palette, or as vectors, with their size."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from customer_segmentation.clustering.space import Space
from customer_segmentation.errors import StoreError
from customer_segmentation.figures.labels import number as short_number
from customer_segmentation.figures.member_flow import member_flow
from customer_segmentation.figures.segment_card import segment_card
from customer_segmentation.figures.segment_shares import outcome_rates, value_against_customers
from customer_segmentation.figures.space_map import principal_plane, space_map
from customer_segmentation.figures.theme import HEADERS
from customer_segmentation.formatting import percent
from customer_segmentation.report import svg
from customer_segmentation.report.document import Picture
from customer_segmentation.report.profile_rows import outcome_rows, short, shown_rows, subject, written
from customer_segmentation.segments.insights import SegmentInsights

DPI = 120


PAGE_DPI = 96


COLOURS = 128  # a figure has a dozen, and their shades along edges


#: Larger images than this many pixels across are reduced: no screen shows more.
WIDEST = 1800


#: Beyond this many segments the cards do without a picture: their tables hold the same.
MOST_CARDS = 12


MOST_OUTCOMES = 2


#: Customers drawn as vectors on the map, and features told under the pointer.
MOST_VECTORS, MOST_TOLD = 1_500, 3


def drawn(figure: Figure, name: str, *, caption: str, alt: str) -> Picture:
    """Draw a figure, header and all, as an image.

    Parameters
    ----------
    figure : on an Agg canvas
    name : of the picture
    caption : what stands under it
    alt : what it shows, for readers who do not see it
    """
    from PIL import Image

    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)  # noqa: S101 - figures are made by figures.theme
    figure.set_dpi(DPI)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    return _picture(image, name, caption, alt)


def vectors(figure: Figure, name: str, *, title: str, caption: str, alt: str) -> Picture:
    """Draw a figure as vectors without its header, which the page writes as text.

    Parameters
    ----------
    figure : Figure
    name : str
        Of the picture: it keeps the ids of one page's images apart.
    title, caption, alt : str
    """
    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    width, height = (side * PAGE_DPI for side in figure.get_size_inches())
    header = HEADERS.get(figure, 0.0) * PAGE_DPI
    shown = svg.page_element(buffer.getvalue(), name=name, top=header / PAGE_DPI * 72)
    return Picture(name, b"", caption, alt, round(width), round(height - header), title=title, svg=shown)


def stored(content: bytes, name: str, *, alt: str) -> Picture:
    """Take an image that a run holds as a picture of a report: its title and caption are in it.

    Parameters
    ----------
    content : a PNG
    name : of the picture
    alt : what it shows, for readers who do not see it

    Raises
    ------
    StoreError
        It is no PNG: of other kinds some are drawn by running what the file says.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning):
            drawn = Image.open(io.BytesIO(content), formats=("PNG",)).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise StoreError(
            f"the picture {name} of the run is no PNG that segment has drawn; run its sweep again with resume=false."
        ) from None
    return _picture(drawn, name, "", alt)


def _picture(image: object, name: str, caption: str, alt: str) -> Picture:
    from PIL import Image

    assert isinstance(image, Image.Image)  # noqa: S101 - for the types
    width, height = (round(side * PAGE_DPI / DPI) for side in image.size)
    if image.width > WIDEST:
        image = image.resize((WIDEST, round(image.height * WIDEST / image.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        buffer, "PNG", compress_level=6
    )
    return Picture(name, buffer.getvalue(), caption, alt, width, height)


def segment_pictures(
    space: Space,
    labels: npt.NDArray[np.integer],
    insights: SegmentInsights,
    *,
    labels_by_k: Mapping[int, npt.NDArray[np.integer]],
    value: npt.NDArray[np.float64] | None,
    seed: int,
) -> dict[str, Picture]:
    """Draw the map of the space, value against customers, outcome rates, the flow of members, and the cards.

    Parameters
    ----------
    space : Space
    labels : integer array of shape (n_customers,)
    insights : SegmentInsights
    labels_by_k : mapping of k to integer array of shape (n_customers,)
        Of the candidate's study.
    value : array of shape (n_customers,) or None
    seed : int
        Of the sample that a map draws on large tables.
    """
    profiles = insights.profiles
    k = profiles.k
    names = [
        insights.names[segment].name if segment < len(insights.names) else f"Segment {segment}" for segment in range(k)
    ]
    found = dict(_shares(insights, names))
    found["map"] = _map(space, labels, names, seed=seed)
    if len(labels_by_k) > 1:
        found["flow"] = _flow(insights, labels_by_k, value, principal_plane(space.matrix).points[:, 0])
    for segment in range(min(k, MOST_CARDS)):
        found[f"segment_{segment}"] = _card(insights, segment, names[segment])
    return found


def _map(space: Space, labels: npt.NDArray[np.integer], names: list[str], *, seed: int) -> Picture:
    """The map of the segments: a sample of customers as vectors, with their values under the pointer."""
    plane = principal_plane(space.matrix)
    numbers, units = space.numbers, space.features.units
    shown = [str(name) for name in numbers][:MOST_TOLD]

    def tell(rows: npt.NDArray[np.int_]) -> list[str]:
        columns = [[f"{name} {short_number(value, units.get(name, ''))}" for value in numbers[name].to_numpy()[rows]]
                   for name in shown]  # fmt: skip
        owner = [f"{segment} · {names[segment]}" for segment in labels[rows]]
        return [" · ".join(parts) for parts in zip(owner, *columns, strict=True)]

    explained = percent(sum(plane.explained))
    drawn_points = min(len(labels), MOST_VECTORS)
    sample = f"{drawn_points:,} of {len(labels):,} customers" if drawn_points < len(labels) else "Every customer"
    return vectors(
        space_map(
            plane, labels, space.dimensions, "Map of the segments", names=names, seed=seed, most=MOST_VECTORS, tell=tell
        ),
        "map",
        title="Map of the segments",
        caption=f"{sample} in the two directions in which they differ most ({explained} of the variance that was "
        "clustered). Segments that touch have no gap between them on this map.",
        alt=f"Scatter of the customers over the first two principal components, which hold "
        f"{percent(plane.explained[0])} and {percent(plane.explained[1])} of the variance, coloured by {len(names)} "
        "segments with their centres numbered.",
    )


def _shares(insights: SegmentInsights, names: list[str]) -> dict[str, Picture]:
    profiles = insights.profiles
    table = profiles.segments
    found = {}
    if profiles.value is not None and table["value_share"].notna().any():
        told = "; ".join(
            f"{segment} {name}: {percent(customers)} of customers, {percent(value)} of value"
            for segment, (name, customers, value) in enumerate(
                zip(names, table["share"], table["value_share"], strict=True)
            )
        )
        found["value"] = drawn(
            value_against_customers(
                list(table["share"]), list(table["value_share"]), "Value against customers", value=profiles.value.name,
                names=names,
            ),
            "value",
            caption=f"Share of each segment in the customers and in the {profiles.value.name}.",
            alt=f"Bars. {told}.",
        )  # fmt: skip
    for number, (label, rows) in enumerate(outcome_rows(profiles)[:MOST_OUTCOMES]):
        overall = float(rows["overall"].iloc[0])
        told = "; ".join(
            f"{segment} {name}: {percent(rate)}"
            for segment, (name, rate) in enumerate(zip(names, rows["value"], strict=True))
        )
        found[f"outcome_{number}"] = drawn(
            outcome_rates(
                list(rows["value"]), list(rows["low"]), list(rows["high"]), [int(n) for n in rows["customers"]],
                f"{label} by segment", outcome=label, overall=overall, names=names,
            ),
            f"outcome_{number}",
            caption=f"{label}: rate in each segment with its 95 % interval, customers outside the fit included; all "
            f"customers {percent(overall)}.",
            alt=f"Dots with intervals. {told}; all customers: {percent(overall)}.",
        )  # fmt: skip
    return found


def _flow(
    insights: SegmentInsights,
    labels_by_k: Mapping[int, npt.NDArray[np.integer]],
    value: npt.NDArray[np.float64] | None,
    component: npt.NDArray[np.float64],
) -> Picture:
    variable = insights.profiles.value
    by_value = value is not None and variable is not None
    measure = variable.name if by_value and variable is not None else "first principal component"
    k = insights.profiles.k
    ks = sorted(labels_by_k)
    return vectors(
        member_flow(
            labels_by_k, value if by_value and value is not None else component, "Who goes where as k grows",
            measure=measure, unit=variable.unit if by_value and variable is not None else "", chosen=k,
        ),
        "flow",
        title="Who goes where as k grows",
        caption=f"A dot is a segment, at the mean {measure} of its customers; bands are the customers that segments of "
        f"neighbouring k share. Bands that stay whole do not depend on k; k = {k} is the one described here.",
        alt=f"Streams of customers between the segments of neighbouring numbers of segments, {ks[0]} to {ks[-1]}; the "
        f"numbered dots at k = {k} are the segments of this report.",
    )  # fmt: skip


def card_rows(insights: SegmentInsights, segment: int) -> pd.DataFrame:
    """Rows of a segment's card: what it is called, how far it lies from all customers, both figures.

    Parameters
    ----------
    insights : what is said of the segments
    segment : its number, from 0
    """
    rows = shown_rows(insights, segment)
    return pd.DataFrame(
        {
            "variable": [subject(row, insights.profiles) for _, row in rows.iterrows()],
            "effect": rows["sd"].to_numpy(),
            "low": rows["sd_low"].to_numpy(),
            "high": rows["sd_high"].to_numpy(),
            "here": [short(row, "value") for _, row in rows.iterrows()],
            "all": [short(row, "overall") for _, row in rows.iterrows()],
        }
    )


def _card(insights: SegmentInsights, segment: int, name: str) -> Picture:
    rows = shown_rows(insights, segment)
    frame = card_rows(insights, segment)
    told = "; ".join(
        f"{subject(row, insights.profiles)} {written(row, 'value')} against {written(row, 'overall')}"
        for _, row in rows.iterrows()
    )
    return drawn(
        segment_card(frame, segment=segment, name=name, k=insights.profiles.k, title="Against the average customer"),
        f"segment_{segment}",
        caption=f"Segment {segment} against all customers: bars are distances from their mean in standard deviations, "
        "with "
        "the 95 % interval.",
        alt=f"Bars. {told}.",
    )
