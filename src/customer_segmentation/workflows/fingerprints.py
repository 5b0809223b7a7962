"""What a sweep and a study are recognised by when they are run again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from customer_segmentation.clustering.warm_start import WarmStart
from customer_segmentation.config.compose import Plan
from customer_segmentation.config.playbook_file import playbook_of
from customer_segmentation.data.table import CustomerTable
from customer_segmentation.settings.k_values import parse_k
from customer_segmentation.settings.sweep import SweepSettings
from customer_segmentation.tracking.fingerprint import identity
from customer_segmentation.workflows.customer_names import hashed
from customer_segmentation.workflows.study_spec import StudySpec

#: Settings that say where, how fast and under which name, and not what.
WHEREABOUTS = ("name", "quiet", "threads", "launcher", "engine", "resume", "tracking", "data", "k")


#: Of the table's settings, what its digest does not tell.
READING = ("path", "download", "about", "delimiter", "encoding", "decimal", "sheet", "query", "table", "choices")


def sweep_identity(asked: Plan, table: CustomerTable, starts: Mapping[str, WarmStart] | None = None) -> str:
    """Identity of a sweep; the order in which studies and k were named does not matter.

    Parameters
    ----------
    asked : what the command line amounts to
    table : the customer table
    starts : segments that its studies start at, by the address of the model
    """
    first = asdict(asked.settings[0])
    tops = {key.split(".")[0] for key in asked.swept}
    swept: dict[str, list[str]] = {}
    position = 1
    for key, values in asked.swept.items():
        top = key.split(".")[0]
        variants = [0, *range(position, position + len(values) - 1)]
        position += len(values) - 1
        swept[key] = sorted(
            json.dumps(
                {"name": asked.choices_of[at].get(top), "is": _node(asked.settings[at], top)},
                default=str,
                sort_keys=True,
            )
            for at in variants
        )
    return identity(
        {
            "settings": {key: value for key, value in first.items() if key not in (*WHEREABOUTS, *tops)},
            "choices": {key: name for key, name in asked.choices.items() if key not in (*WHEREABOUTS, *tops)},
            "data": {key: value for key, value in first["data"].items() if key not in READING},
            "playbook": asdict(playbook_of(asked.settings[0])),  # its file is no part of the settings
            "models": first["tracking"]["models"],
            **_pictures(asked.settings[0]),
            "customers": _naming(first["tracking"]),
            "k": parse_k(asked.settings[0].k),
            "swept": swept,
            "digest": table.digest,
            **({"others": table.others_digest} if table.others_digest else {}),
            **({"described": table.described_digest} if table.described_digest else {}),  # of another sheet, say
            "source": table.source_sha256,
            "account": _account(table),
            **({"starts": {address: start.digest for address, start in starts.items()}} if starts else {}),
            **_polish(asked.settings[0]),
        },
        first["data"]["source"],
    )


def study_identity(spec: StudySpec, digest: str) -> str:
    """Identity of a study whatever its k; a candidate's is this and its k.

    Parameters
    ----------
    spec : settings of the study
    digest : checksum of the customers in use
    """
    settings = asdict(spec.settings)
    shaping = ("features", "scaling", "clustering", "yardstick", "scores", "seed")
    return identity(
        {
            "study": spec.name,
            "settings": {key: settings[key] for key in shaping if key in settings},
            "keep": settings["data"]["keep"],
            "digest": digest,
            **_polish(spec.settings),
            **_pictures(spec.settings),
        },
        settings["data"]["source"],
    )


def _account(table: CustomerTable) -> dict[str, Any]:
    """What neither customers nor the checksum of a file tell, of a query or a sheet: the rows that are no customers."""
    rows = table.rejected.loc[:, table.rejected.columns != "row"].itertuples(index=False, name=None)
    rejected = sorted(json.dumps([*map(str, row)]) for row in rows)  # a query has no order
    return {**table.accounting(), "rejected": rejected}


def _polish(settings: SweepSettings) -> dict[str, int]:
    """The settings of an engine that change the segments."""
    passes, starts = settings.engine.polish_passes, settings.engine.starts
    return {**({"polish_passes": passes} if passes else {}), **({"starts": starts} if starts > 1 else {})}


def _pictures(settings: SweepSettings) -> dict[str, bool]:
    """That runs keep no figures: who asks for them later gets runs that do."""
    return {} if settings.tracking.figures else {"figures": False}


def _naming(tracking: Mapping[str, Any]) -> str | list[str]:
    """How runs name customers; of a key that hashes them, what a hash of a customer would tell of it and no more."""
    if tracking["customers"] != "hashed":
        return str(tracking["customers"])
    return ["hashed", hashed("", tracking["customers_key"])]


def _node(settings: Any, top: str) -> Any:
    node = asdict(settings).get(top)
    return {key: value for key, value in node.items() if key != "about"} if isinstance(node, Mapping) else node
