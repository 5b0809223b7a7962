"""Promoting, scoring and loading from Python: what the commands of these names do, returned as objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from customer_segmentation.config.arguments import mapping_of, text_of
from customer_segmentation.errors import RefusedError
from customer_segmentation.session import call, planned, repeatable, store_for, text_id, words_of
from customer_segmentation.tables import place_of

if TYPE_CHECKING:
    from customer_segmentation.outcomes import Model, Promotion, Scoring
    from customer_segmentation.results import Sweep

CHAMPION = "customer-segmentation"


def promote(
    candidate: Sweep | str | None = None,
    *,
    data: Any = None,
    alias: str = "champion",
    reason: str | None = None,
    overrides: Sequence[str] = (),
    tracking_uri: str | None = None,
) -> Promotion:
    """Put a candidate through the gate and make it the champion: ``segment promote`` as a function.

    Parameters
    ----------
    candidate : Sweep or str, optional
        A sweep for what it chose, or the id of a run. None: what the newest finished sweep chose.
    data : frame or path, optional
        The table of the sweep, where the session does not hold its frame any more.
    alias : {"champion", "challenger"}
        challenger: stop before the champion is replaced.
    reason : str, optional
        Kept in the history.
    overrides : sequence of str
        Further settings as on the command line, such as ``["promotion=redesign"]``.
    tracking_uri : str, optional
        As for `sweep`; of a `Sweep` its own.

    Returns
    -------
    Promotion

    Raises
    ------
    RefusedError
        The gate refuses the candidate: the sentence says why.
    """
    given = dict(locals())
    from customer_segmentation.outcomes import Promotion
    from customer_segmentation.results import Sweep
    from customer_segmentation.workflows.promote import promote as put_forward

    with call(given):
        uri = tracking_uri
        secret_place = None
        if isinstance(candidate, Sweep):
            secret_place = candidate.place.address
            uri, candidate = tracking_uri or candidate.store.uri, candidate.run_id
        run_id = None if candidate is None else text_id(candidate, argument="candidate")
        path, _held = (secret_place, None) if data is None else place_of(data)
        words = words_of(run_id=run_id, data__path=path, reason=reason, tracking__uri=uri)
        words += words_of(alias=None if alias == "champion" else alias)
        plan = planned("promote", [*words, "quiet=true"], overrides)
        settings = plan.settings[0]
        outcome = put_forward(settings, store_for(plan, existing=True))
        refusal = outcome.refusal(settings.model)
        if refusal:
            raise RefusedError(refusal)
        return Promotion.of(outcome)


def score(
    data: Any,
    *,
    model: str | None = None,
    run_id: str | None = None,
    headers: Mapping[str, str] | None = None,
    reference_date: str | None = None,
    overrides: Sequence[str] = (),
    tracking_uri: str | None = None,
) -> Scoring:
    """Label customers with the champion and report drift: ``segment score`` as a function, the labels as a frame.

    Parameters
    ----------
    data : frame or path
        Customers; every row comes back, with a label or with the reason why it has none.
    model : str, optional
        Address of a model; default: the champion.
    run_id : str, optional
        Instead: a run that holds a model; of a sweep the chosen one's.
    headers : mapping of str to str, optional
        Column of the model to its header, where that is not recognised.
    reference_date : str, optional
        YYYY-MM-DD from which dates of the customers count; default: the day of the fit.
    overrides : sequence of str
        Further settings as on the command line, such as ``["drift=strict"]``.
    tracking_uri : str, optional
        As for `sweep`.

    Returns
    -------
    Scoring

    Raises
    ------
    DataError
        The table cannot be read, or lacks a column of the model.
    """
    given = dict(locals())
    from customer_segmentation.config.checks import check_headers
    from customer_segmentation.outcomes import Scoring, index_of
    from customer_segmentation.scoring.collected import Collected
    from customer_segmentation.workflows.score import all_rows, score_table

    with call(given):
        place, source = place_of(data)
        named = mapping_of(headers, argument="headers")
        for argument, text in (("model", model), ("run_id", run_id)):
            text_of(text, argument=argument)
        words = words_of(
            input=place, model=model, run_id=run_id, reference_date=reference_date, tracking__uri=tracking_uri
        )
        taken = {"headers": f"headers={named}"} if named else {}
        plan = planned("score", [*words, "output=labels.parquet", "quiet=true"], overrides, taken=taken)
        settings = plan.settings[0]
        settings.headers = named or settings.headers
        check_headers(settings.headers)
        address = settings.model if settings.run_id is None else "runs:"
        kept = Collected(), Collected()
        done = score_table(
            settings,
            store_for(plan, existing=True, model=address),
            choices=plan.choices,
            config_text=plan.config_text,
            command=repeatable(score, given, source),
            into=kept,
        )
        first = 2 if source is None else source.first_row
        labels = all_rows(*kept, first_row=first)
        if source is not None:
            labels = labels.set_axis(index_of(data, len(labels)), axis=0)
        return Scoring(labels, done.drift, done.model, done.run_id)


def champion(model: str = CHAMPION, *, alias: str = "champion", tracking_uri: str | None = None) -> Model:
    """The registered model that answers now.

    Parameters
    ----------
    model : str
        Its name in the registry.
    alias : str
        champion or challenger.
    tracking_uri : str, optional
        As for `sweep`.

    Raises
    ------
    StoreError
        There is none.
    """
    given = dict(locals())
    from customer_segmentation.outcomes import Model
    from customer_segmentation.scoring.load import loaded

    with call(given):
        plan = planned("history", words_of(tracking__uri=tracking_uri))
        address = f"models:/{model}@{alias}"
        return Model(loaded(store_for(plan, existing=True, model=address), address, None))


def load(run_id: str, *, tracking_uri: str | None = None) -> Sweep | Model:
    """What a run holds: a sweep again, or the model of a candidate.

    Parameters
    ----------
    run_id : str
    tracking_uri : str, optional
        As for `sweep`.

    Raises
    ------
    StoreError
        There is no such run, or it holds neither.
    """
    given = dict(locals())
    from customer_segmentation.outcomes import Model
    from customer_segmentation.results import Sweep
    from customer_segmentation.scoring.load import loaded
    from customer_segmentation.tracking.read import run_of
    from customer_segmentation.tracking.resolve import store_of

    with call(given):
        store = store_for(planned("report", words_of(tracking__uri=tracking_uri)), existing=True)
        run = run_of(store, text_id(run_id))
        if run.data.tags.get("level") == "sweep":
            return Sweep(store_of(store, run), run.info.run_id)
        return Model(loaded(store, "", run_id))
