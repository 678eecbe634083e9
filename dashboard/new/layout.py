"""The window of the form: the image set on the left, the teacher on the right, what it takes and Start below."""

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from humanize import naturalsize

from dashboard.components.panel import label
from dashboard.jobs.words import told
from dashboard.new import ids
from dashboard.new.draft import ARCHITECTURES, MODELS, PLACES, PUBLISHED, Draft
from dashboard.new.fields import component, fields_of
from dashboard.new.presets import PRESETS
from workers.jobs import Job

MAIN = ("epochs", "batch_size", "optimizer", "learning_rate")  # shown; the teacher's others are folded away
TICK = 300  # ms between two looks at a look
NAMED_CLASSES = 12  # of what was found; the others are counted


def window() -> dmc.Modal:
    """The form, which keeps what was typed while it is closed."""
    return dmc.Modal(
        html.Div(
            [
                html.Div([image_set(), teacher()], className="new-columns"),
                foot(),
            ],
            className="new-form",
        ),
        id=ids.WINDOW,
        title="New study",
        size="min(1080px, 94vw)",
        keepMounted=True,
        closeButtonProps=label("Close"),
    )


def image_set() -> html.Section:
    kinds = ("digits", *PUBLISHED, "folder", "npz")
    return html.Section(
        [
            html.Header([html.H3("Image set"), presets()]),
            dmc.Select(id=ids.KIND, label="Source", value="digits", data=list(kinds), allowDeselect=False, size="xs"),
            *[
                html.Div(
                    [
                        look_box("folder", "Folder", "/data/pictures", "It holds a folder for each class."),
                        *fields("folder"),
                    ]
                    if kind == "folder"
                    else [
                        look_box(
                            "npz", "File", "/data/images.npz", "With images, labels and, if you like, class_names."
                        ),
                        *fields("npz"),
                    ]
                    if kind == "npz"
                    else fields(kind),
                    id=ids.section(kind),
                    className="new-fields",
                    hidden=kind != "digits",
                )
                for kind in ("digits", "folder", "npz")
            ],
            dmc.Text(
                "Read from the data folder, or downloaded into it on first use. It comes with its own test images.",
                id=ids.NO_FIELDS,
                size="xs",
                c="dimmed",
                display="none",
            ),
        ],
        **label("Image set"),
    )


def presets() -> dmc.Menu:
    items = [dmc.MenuItem(preset.title, id=ids.preset(number)) for number, preset in enumerate(PRESETS)]
    return dmc.Menu(
        [dmc.MenuTarget(dmc.Button("Presets", size="compact-xs", variant="light")), dmc.MenuDropdown(items)],
        position="bottom-end",
        shadow="md",
    )


def teacher() -> html.Section:
    known = {field.name: component("teacher", field) for field in fields_of(MODELS["teacher"])}
    architecture = known.pop("architecture")
    architecture.data = list(ARCHITECTURES)
    return html.Section(
        [
            html.Header(html.H3("Teacher")),
            architecture,
            html.Div(id=ids.FAULTS, className="new-told", role="status"),
            dmc.SegmentedControl(
                id=ids.START_FROM,
                data=[
                    {"value": "random", "label": "Random weights"},
                    {"value": "file", "label": "Weights of a file"},
                ],
                value="random",
                size="xs",
                fullWidth=True,
                **label("The teacher begins with"),
            ),
            html.Div(
                [
                    look_box(
                        "weights", "File", "/data/net.safetensors", "A .safetensors file or a checkpoint of torch."
                    ),
                    *fields("weights"),
                    html.Div(
                        [
                            dmc.Button("Measure as they are", id=ids.MEASURE, size="compact-xs", variant="light"),
                            dmc.Button("Fine-tune two epochs", id=ids.FINE_TUNE, size="compact-xs", variant="light"),
                        ],
                        id=ids.WEIGHTS_USES,
                        className="new-uses",
                        hidden=True,
                    ),
                ],
                id=ids.WEIGHTS,
                className="new-fields",
                hidden=True,
            ),
            html.Div([known.pop(name) for name in MAIN], className="new-fields"),
            dmc.Accordion(
                dmc.AccordionItem(
                    [
                        dmc.AccordionControl("More settings"),
                        dmc.AccordionPanel(html.Div(list(known.values()), className="new-fields")),
                    ],
                    value="more",
                ),
                variant="contained",
            ),
        ],
        **label("Teacher"),
    )


def foot() -> html.Footer:
    return html.Footer(
        [
            dmc.TextInput(id=ids.TITLE, size="xs", inputProps={"maxLength": 80}, className="new-title", label="Title"),
            html.Div(
                [html.Div(id=ids.SIZE), html.Div(id=ids.MISSING, className="new-missing")],
                className="new-words",
                role="status",
            ),
            dmc.Button("Start", id=ids.START, size="sm", disabled=True),
        ]
    )


def fields(part: str) -> list:
    """The components of all settings of a part."""
    return [component(part, field) for field in fields_of(MODELS[part])]


def look_box(what: str, title: str, example: str, meaning: str) -> html.Div:
    """A path on the workers' machine, the button that has one look there, and what it found."""
    return html.Div(
        [
            html.Div(
                [
                    dmc.TextInput(
                        id=ids.path(what),
                        label=title,
                        placeholder=example,
                        description=f"{meaning} A path on the machine that the workers run on.",
                        size="xs",
                    ),
                    dmc.Button(
                        "Look", id=ids.look(what), size="xs", variant="light", **label(f"Look at {PLACES[what]}")
                    ),
                ],
                className="new-path",
            ),
            html.Div(id=ids.told(what), className="new-told", role="status"),
            dcc.Store(id=ids.asked(what)),
            dcc.Store(id=ids.found(what)),
            dcc.Interval(id=ids.clock(what), interval=TICK, disabled=True),
        ],
        className="new-look",
    )


def look_progress(job: Job, now: float) -> list:
    """How far a look is."""
    moving = job.fraction is None
    return [
        dmc.Progress(
            value=100 if moving else 100 * (job.fraction or 0),
            size="sm",
            striped=moving,
            animated=moving,
            **label("How far the look is"),
        ),
        dmc.Text(told(job, now), size="xs", c="dimmed"),
    ]


def look_failed(sentence: str) -> dmc.Text:
    """Why a look found nothing to use."""
    return dmc.Text(sentence, size="xs", c="red")


def look_found(found: dict[str, Any]) -> list[dmc.Text]:
    """What a look found, a line each."""
    if "tensors" in found:
        lines = [f"{found['tensors']:,} tensors, {found['numbers']:,} numbers."]
    else:
        n_test = found["count"] - found["n_train"]
        names = found["class_names"]
        more = f" and {len(names) - NAMED_CLASSES:,} more" if len(names) > NAMED_CLASSES else ""
        channels, height, width = found["shape"]
        lines = [
            f"{found['count']:,} images: with the usual share kept for testing, {found['n_train']:,} train, {n_test:,} test.",
            f"{len(names):,} classes: {', '.join(names[:NAMED_CLASSES])}{more}.",
            f"{height} x {width} pixels, {'grey' if channels == 1 else 'colour' if channels == 3 else channels}.",
            *found["notes"],
        ]
    return [dmc.Text(line, size="xs") for line in lines]


def fault_words(faults: Sequence[str]) -> list[dmc.Text]:
    """What keeps an architecture's layers from being looked into, a line each; empty if nothing does."""
    if not faults:
        return []
    verdict = dmc.Text("It can be trained and asked, but what is seen of its layers would be wrong.", size="xs")
    return [verdict, *(dmc.Text(fault, size="xs", c="dimmed") for fault in faults)]


def size_words(draft: Draft, budget: int | None) -> str:
    """What the results will take of the store."""
    if draft.size is None:
        return ""
    takes = naturalsize(draft.size, binary=True)
    return f"Takes about {takes}" + ("" if budget is None else f" of the store's {naturalsize(budget, binary=True)}.")
