"""The DarkSight maps of a study as a table: how well each mimics the teacher, or how far it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.components.panel import icon, label
from dashboard.components.tables import to_csv
from dashboard.darksight import ids
from dashboard.darksight.fits import fits_of, names_of, params_of, title_of
from dashboard.jobs.ids import pressing
from dashboard.jobs.words import NONE, told
from workers.darksight_params import DarkSightParams
from workers.engine import Engine
from workers.jobs import Job, UnknownJob

HEAD = (
    ("Map", "Its seed, and what else it was asked for"),
    ("KL, nats", "Symmetric divergence of student and teacher, mean over the images"),
    ("agreement", "Images of which teacher and student say the same class"),
    ("student right", "Accuracy of the student, over the images it learned from"),
    ("teacher right", "Accuracy of the teacher, over the same images"),
    ("steps", "Steps of the fit"),
    ("fit", "Time of the fit alone"),
    ("images", "Those that it was learned from; those of a subset of classes that are hidden, below"),
)
GONE = "It has made room for other results."


@dataclass(frozen=True)
class Fit:
    """A map of a study.

    Attributes
    ----------
    title : what tells it from the others.
    classes : the names of its classes, where they are not all.
    asked : what it was asked for with.
    meta : of its result; None while there is none.
    job : its job's record.
    """

    key: str
    title: str
    classes: str
    asked: DarkSightParams
    meta: Mapping[str, Any] | None
    job: Job


def fits_in(engine: Engine, keys: Mapping[str, str]) -> list[Fit]:
    """The maps of a study in the order in which they were asked for; not those of which there is no record."""
    wanted = fits_of(keys)
    there = engine.results.which(wanted)
    names = engine.results.meta(keys["images"])["class_names"]
    found = []
    for key in wanted:
        try:
            asked, job = params_of(engine, key), engine.jobs.get(key)
        except UnknownJob:
            continue
        classes = ", ".join(names_of(asked.classes or (), names))
        meta = engine.results.meta(key) if key in there else None
        found.append(Fit(key, title_of(asked, names), classes, asked, meta, job))
    return found


def fits_table(fits: Sequence[Fit], shown: str | None, now: float) -> html.Table:
    """The table; a click on a row shows its map."""
    head = html.Tr([html.Th(title, title=meaning) for title, meaning in HEAD])
    rows = [
        html.Tr(
            [
                html.Td(html.Button(fit.title, className="jobs-name", title=fit.classes or fit.title)),
                *cells_of(fit, now),
            ],
            className="jobs-row" + (" fits-shown" if fit.key == shown else ""),
            **pressing("show", fit.key, ids.FITS_PRESSED),
        )
        for fit in fits
    ]
    return html.Table([html.Thead(head), html.Tbody(rows)], className="jobs-table fits-table")


def cells_of(fit: Fit, now: float) -> list[html.Td]:
    """Its figures, below them in the second line those over the images of the other split; or how far it is."""
    if fit.meta is None:
        return [html.Td(progress_of(fit, now), colSpan=len(HEAD) - 1)]
    meta = fit.meta
    other = "test" if meta["split"] == "train" else "train"
    below = f"below: over the {other} images"
    return [
        html.Td(
            two(nats(meta["kl_divergence"]), nats(meta["kl_divergence_other"])), className="jobs-number", title=below
        ),
        html.Td(two(share(meta["agreement"]), share(meta["agreement_other"])), className="jobs-number", title=below),
        *[html.Td(share((meta["accuracy"] or {}).get(who)), className="jobs-number") for who in ("student", "teacher")],
        html.Td(f"{meta['n_iter']:,}", className="jobs-number"),
        html.Td(f"{meta['fit_seconds']:.1f} s", className="jobs-number"),
        html.Td(two(f"{meta['n_fitted']:,} {meta['split']}", hidden_words(meta["n_hidden"])), className="jobs-number"),
    ]


def progress_of(fit: Fit, now: float) -> html.Div:
    """How far the job of a map is, or why it ended; and what to do about it."""
    action, drawing, says = ("cancel", "stop", "Cancel") if fit.job.is_open else ("retry", "again", "Try again")
    words = told(fit.job, now) or GONE
    bar = 100 * (fit.job.fraction or 0)
    act: Any = pressing(action, fit.key, ids.FITS_PRESSED) | label(f"{says}: {fit.title}")
    return html.Div(
        [
            html.Span(words, className="jobs-told", title=words),
            html.Div(html.Div(style={"width": f"{bar:.0f}%"}), className="jobs-bar fits-bar")
            if fit.job.is_open
            else None,
            html.Button(
                icon(drawing),
                className="jobs-act",
                **act,
            ),
        ],
        className="fits-progress" + ("" if fit.job.is_open else " fits-ended"),
    )


def two(first: str, second: str) -> list:
    """A figure, and a fainter one below."""
    return [first, html.Div(second, className="fits-second")]


def nats(value: float | None) -> str:
    """A divergence to four significant digits."""
    return NONE if value is None else f"{value:#.4g}"


def share(value: float | None) -> str:
    """A share in per cent; a dash where it is not known."""
    return NONE if value is None else f"{value:.2%}"


def hidden_words(count: int) -> str:
    """How many images a map does not show; nothing when it shows all."""
    return f"{count:,} hidden" if count else ""


def fits_csv(fits: Sequence[Fit]) -> str:
    """The figures of the finished maps, as CSV; what is not known is empty."""
    settings = list(DarkSightParams.model_fields)
    measured = (
        *("kl_divergence", "agreement", "kl_divergence_other", "agreement_other"),
        *("n_iter", "fit_seconds", "n_fitted", "n_hidden", "eps"),
    )
    header = ["key", *settings, *measured, "accuracy_student", "accuracy_teacher"]
    return to_csv(
        header,
        (
            [
                fit.key,
                *(written(fit.asked.model_dump()[name]) for name in settings),
                *(written(fit.meta[name]) for name in measured),
                *(written((fit.meta["accuracy"] or {}).get(who)) for who in ("student", "teacher")),
            ]
            for fit in fits
            if fit.meta is not None
        ),
    )


def written(value: Any) -> Any:
    """A value as a table holds it."""
    return "" if value is None else " ".join(map(str, value)) if isinstance(value, tuple) else value
