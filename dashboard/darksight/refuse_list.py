"""The list of measures beside the curves: their legend, what each is worth, a button that chooses it; below, what else could be
known."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from dashboard.darksight import ids
from dashboard.darksight.refuse_figure import colours_of
from dashboard.darksight.refuse_measures import Measure, families
from dashboard.darksight.refuse_offers import Offer
from dashboard.jobs.ids import pressing


def entries(found: Sequence[Measure], name: str) -> list:
    """A line for each measure, the one by `name` chosen: the colour of its curve, and its mean accuracy. Of those that
    differ in the settings of their map the best stands for all, with the others folded below it."""
    colours = colours_of([measure.name for measure in found])
    listed = []
    for best, *others in families(found):
        listed.append(entry(best, best.title, colours[best.name], best.name == name))
        if others:
            lines = [entry(each, each.member, colours[each.name], each.name == name) for each in others]
            is_open = any(each.name == name for each in others)
            listed.append(
                html.Details([html.Summary(more_words(others)), *lines], open=is_open, className="refuse-more")
            )
    return listed


def entry(measure: Measure, title: str, colour: str, is_chosen: bool) -> html.Button:
    """The line of a measure, which chooses it."""
    return html.Button(
        [
            html.I(style={"borderColor": colour}, className="refuse-key"),
            html.Span(title, className="refuse-title"),
            html.Span("" if measure.mean is None else f"{measure.mean:.2%}"),
        ],
        className="refuse-entry" + (" refuse-dashed" if measure.is_of_another_map else ""),
        title=f"{measure.title}. {measure.note}" if measure.note else measure.title,
        **{"aria-pressed": "true" if is_chosen else "false"},
        **pressing("measure", measure.name, ids.REFUSE_PRESSED),
    )


def more_words(others: Sequence[Measure]) -> str:
    """What is said of measures that are folded."""
    means = [each.mean for each in others if each.mean is not None]
    return f"{len(others)} more like it" + (f", {min(means):.2%} to {max(means):.2%}" if means else "")


def ends(meta: Mapping[str, Any]) -> list:
    """The lines of what is drawn beside the measures, by the metadata of their result."""
    if meta["chance"] is None:
        return []
    return [
        html.Div(
            [html.I(className="refuse-key"), html.Span(title, className="refuse-title"), html.Span(f"{mean:.2%}")],
            className="refuse-entry refuse-end",
        )
        for title, mean in (("best possible", meta["best_mean"]), ("chance", meta["chance"]))
    ]


def offered(offers: Sequence[Offer]) -> list:
    """The lines of what could be known, each with a button that has it made."""
    return [
        html.Div(
            [
                html.Span(f"KDE on {offer.on}", className="refuse-title"),
                html.Button("make it", **pressing("make", offer.name, ids.REFUSE_PRESSED)) if offer.can else None,
                html.Span(offer.words, className="refuse-cost"),
            ],
            className="refuse-offer",
            title=offer.words,
        )
        for offer in offers
    ]
