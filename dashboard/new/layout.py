"""The window of the form: the image set on the left, the teacher on the right, or else a file of predictions; what it
takes and Start below."""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from humanize import naturalsize

from dashboard.abilities import Need, Part
from dashboard.components.panel import label, segmented
from dashboard.jobs.words import told
from dashboard.new import ids
from dashboard.new.draft import ARCHITECTURES, MODELS, PLACES, PUBLISHED, Draft
from dashboard.new.fields import component, fields_of
from dashboard.new.presets import PRESETS
from dashboard.views import VIEWS
from workers.jobs import Job
from workers.studies import LONGEST_TITLE

MAIN = ("epochs", "batch_size", "optimizer", "learning_rate")  # shown; the teacher's others are folded away
TICK = 300  # ms between two looks at a look
NAMED_CLASSES = 12  # of what was found; the others are counted
STATED = {"auto": "told apart by the numbers", "logits": "logits", "probabilities": "probabilities"}


def window() -> html.Div:
    """The window of the form, which is laid out when it is first wanted: most pages are opened without."""
    return html.Div(
        [
            # Mounted while it is closed, so that it keeps what was typed.
            dmc.Modal(
                id=ids.WINDOW,
                title="New study",
                size="min(1080px, 94vw)",
                keepMounted=True,
                closeButtonProps=label("Close"),
            ),
            dcc.Store(id=ids.DUPLICATE),
            dcc.Store(id=ids.FILL),
        ]
    )


def form() -> html.Div:
    """The form, with its defaults."""
    return html.Div(
        [
            segmented(
                ids.MADE_OF,
                [("teacher", "Image set and teacher"), ("predictions", "Predictions alone")],
                "teacher",
                "What the study is made of",
            ),
            html.Div([image_set(), teacher(), predictions()], className="new-columns"),
            foot(),
            *[dcc.Store(id=store) for store in (ids.FILLED, ids.WORK, ids.QUESTION, ids.SPEED)],
        ],
        className="new-form",
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
        id=ids.IMAGE_SET,
        **label("Image set"),
    )


def predictions() -> html.Section:
    """What stands in place of image set and teacher: a file of what some classifier said."""
    (stated,) = fields("predictions")
    stated.data = [{"value": value, "label": words} for value, words in STATED.items()]
    return html.Section(
        [
            html.Header(html.H3("Predictions")),
            look_box(
                "predictions",
                "File",
                "/data/predictions.csv",
                "An .npz or .csv file of logits or probabilities, with labels and images if you like.",
            ),
            html.Div(stated, className="new-fields"),
        ],
        id=ids.PREDICTIONS,
        className="new-alone",
        hidden=True,
        **label("Predictions"),
    )


def presets() -> dmc.Menu:
    items = [dmc.MenuItem(preset.title, id=ids.preset(number)) for number, preset in enumerate(PRESETS)]
    return dmc.Menu(
        [dmc.MenuTarget(dmc.Button("Presets", size="compact-xs", variant="light")), dmc.MenuDropdown(items)],
        keepMounted=True,  # as the study's menu
        position="bottom-end",
        shadow="md",
    )


def teacher() -> html.Section:
    known = {field.name: component(ids.field("teacher", field.name), field) for field in fields_of(MODELS["teacher"])}
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
        id=ids.TEACHER,
        **label("Teacher"),
    )


def foot() -> html.Footer:
    return html.Footer(
        [
            dmc.TextInput(
                id=ids.TITLE, size="xs", inputProps={"maxLength": LONGEST_TITLE}, className="new-title", label="Title"
            ),
            html.Div(
                [
                    html.Div([html.Span(id=ids.SIZE), html.Span(id=ids.TIME)], className="new-takes"),
                    html.Div(id=ids.WITHOUT),
                    html.Div(id=ids.MISSING, className="new-missing"),
                ],
                className="new-words",
                role="status",
            ),
            dmc.Button("Start", id=ids.START, size="sm", disabled=True),
        ]
    )


def fields(part: str) -> list:
    """The components of all settings of a part."""
    return [component(ids.field(part, field.name), field) for field in fields_of(MODELS[part])]


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
    if "has_logits" in found:
        lines = predictions_lines(found)
    elif "count" in found:
        lines = images_lines(found)
    elif "tensors" in found:
        lines = [f"{found['tensors']:,} tensors, {found['numbers']:,} numbers."]
    else:
        lines = ["The weights of the study that this is a copy of."]
    return [dmc.Text(line, size="xs") for line in lines]


def fault_words(faults: Sequence[str]) -> list[dmc.Text]:
    """What keeps an architecture's layers from being looked into, a line each; empty if nothing does."""
    if not faults:
        return []
    verdict = dmc.Text("It can be trained and asked, but what is seen of its layers would be wrong.", size="xs")
    return [verdict, *(dmc.Text(fault, size="xs", c="dimmed") for fault in faults)]


def images_lines(found: Mapping[str, Any]) -> list[str]:
    """What is known of an image set before it is made."""
    n_test = found["count"] - found["n_train"]
    share = found["test_fraction"]
    return [
        f"{found['count']:,} images: with {share:.0%} kept for testing, {found['n_train']:,} train, {n_test:,} test.",
        class_line(found["class_names"]),
        shape_line(found["shape"]),
        *found["notes"],
    ]


def predictions_lines(found: Mapping[str, Any]) -> list[str]:
    """What a file of predictions holds, and how its outputs were told apart."""
    outputs = found["outputs"]
    return [
        f"{found['count']:,} predictions, as {outputs['kind']}. {outputs['reason']}",
        class_line(found["class_names"]),
        "It holds the true classes." if found["has_labels"] else "It holds no labels: nothing can be called wrong.",
        f"It holds the images, {shape_line(found['shape'])}" if found["has_images"] else "It holds no images.",
        *found["notes"],
    ]


def class_line(names: list[str]) -> str:
    """The first classes by name, the others by number."""
    more = f" and {len(names) - NAMED_CLASSES:,} more" if len(names) > NAMED_CLASSES else ""
    return f"{len(names):,} classes: {', '.join(names[:NAMED_CLASSES])}{more}."


def shape_line(shape: list[int]) -> str:
    """How large the images are, and of what colour."""
    channels, height, width = shape
    return f"{height} x {width} pixels, {'grey' if channels == 1 else 'colour' if channels == 3 else channels}."


def without_words(lacking: Mapping[Need, str]) -> str:
    """What the views will not be able to do with a study that lacks these; `lacking` is what `abilities.lacks` gives. A view
    of which nothing is left is named itself. What waits for a VAE only is not among it: one is trained when somebody wants
    it."""
    deeds: dict[Need, list[str]] = {}
    if Need.IMAGES in lacking:
        deeds[Need.IMAGES] = ["cards in place of pictures"]
    for view in VIEWS:
        parts = [part for part in view.parts if Need.VAE not in part.needs]
        missing = [(part, need) for part in parts if (need := lacked(part, lacking)) is not None]
        if missing and len(missing) == len(parts):
            deeds.setdefault(missing[0][1], []).append(f"no {view.title} view")
            continue
        for part, need in missing:
            deeds.setdefault(need, []).append(f"no {in_a_sentence(part.title)}")
    return " ".join(f"Without {need}: {', '.join(deeds[need])}." for need in Need if need in deeds)


def lacked(part: Part, lacking: Mapping[Need, str]) -> Need | None:
    """What stands in the way of a part; where that is so as the model is missing, the model."""
    found = next((need for need in part.needs if need in lacking), None)
    if found is not None and lacking[found] == lacking.get(Need.MODEL):
        return Need.MODEL
    return found


def in_a_sentence(title: str) -> str:
    """A title as it stands in the middle of a sentence; one of capitals only stays."""
    return title if title.isupper() else f"{title[0].lower()}{title[1:]}"


def size_words(draft: Draft, budget: int | None) -> str:
    """What the results will take of the store; where it has no room for them, the draft says so."""
    if draft.size is None or draft.specs is None:
        return ""
    takes = naturalsize(draft.size, binary=True)
    return f"Takes about {takes}" + ("" if budget is None else f" of the store's {naturalsize(budget, binary=True)}.")
