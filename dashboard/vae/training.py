"""The VAE itself: its settings, how its training goes and went, and how far what it decodes can be trusted."""

import io
from collections.abc import Mapping
from typing import Any

import dash
import dash_mantine_components as dmc
import numpy as np
from dash import ClientsideFunction, Input, Output, State, dcc, html

from dashboard import ids as shared
from dashboard.abilities import Need, lacking
from dashboard.asking import CANNOT_ASK
from dashboard.components.notices import tell
from dashboard.components.panel import HIDDEN, OPENS_SETTINGS, SHOWN, empty, graph, panel, picture, segmented
from dashboard.components.run_row import NO_RUN, register_run_buttons, run_row, run_told
from dashboard.components.tables import to_csv
from dashboard.components.unseen import Unseen
from dashboard.first_answers import FirstAnswers
from dashboard.jobs import ids as job_ids
from dashboard.jobs.words import told as told_of
from dashboard.links import study_data
from dashboard.new.fields import component, fields_of, read
from dashboard.vae import ids
from dashboard.vae.asked import VAE, ask_for, open_job, params_of, usual_epochs
from dashboard.vae.training_figures import dimensions_figure, divergence_figure, error_figure
from dashboard.vae.words import quality, warning
from workers.engine import Engine
from workers.vae_params import VaeParams

LINE = "How well it decodes, and whether the teacher sees what it saw"
NOT_YET = "A VAE can be trained when the teacher is there."
NONE_YET = (
    "A variational autoencoder turns each image into a few numbers, and any such numbers into an image. Train one, and you can "
    "move an image through its latent space and watch the teacher change its mind."
)
GONE = "The VAE has made room for other results; train it again."

FIELDS = {field.name: field for field in fields_of(VaeParams)}
STRIP_IMAGES = 10


def vae_panel() -> html.Section:
    return panel(
        ids.VAE_PANEL,
        "VAE",
        LINE,
        [
            html.Div(
                [
                    html.Div(id=ids.VAE_STRIP, className="vae-strip", role="img"),
                    graph(ids.VAE_CURVE),
                    html.Dl(id=ids.VAE_FIGURES, className="vae-figures"),
                    html.Div(id=ids.VAE_WARNING, className="vae-warning", role="status"),
                ],
                id=ids.VAE_BODY,
                className="vae-body",
                style=HIDDEN,
            ),
            empty(ids.VAE_WORDS, NOT_YET),
            run_row(ids.VAE_RUN, ids.VAE_TOLD, ids.VAE_CANCEL, ids.VAE_RETRY, class_name="vae-run"),
            *[dcc.Store(id=store) for store in (ids.VAE_SHOWN, ids.VAE_SEEN, ids.VAE_PAINTED)],
        ],
        controls=[
            segmented(
                ids.VAE_WHAT,
                [("error", "Error"), ("kl", "KL"), ("values", "Values")],
                "error",
                "Shown",
            ),
            form(),
        ],
        exports=[("Record, CSV", {"id": ids.TABLE_VAE}), picture(ids.VAE_CURVE)],
        help_text=[
            "A convolutional variational autoencoder (Kingma and Welling 2014) of the study's images, learned from the "
            "training images alone. Above, the first test images and what is decoded of their codes; it sharpens while the VAE "
            "learns.",
            "Error: mean squared, of pixels 0 to 1, of test images and as many training images. KL: how far codes are from "
            "the prior, in nats: what an image's code tells. Values: the same for each latent value; one near 0 is not used.",
            "The weight between error and divergence is set by the error itself (Rybkin et al. 2021): β = 1 means the same for "
            "all images.",
            "The teacher agrees where it takes the reconstruction for what it took the image. Where it seldom does, the VAE "
            "blurs what the teacher looks at: moving the code then says little about the teacher, unless the image's own "
            "residual is added back, which is the default.",
        ],
    )  # fmt: skip


def form() -> dmc.Popover:
    """The button that has a VAE trained, and the settings that open under it."""
    return dmc.Popover(
        [
            dmc.PopoverTarget(dmc.Button("Train a VAE", size="compact-xs", variant="light")),
            dmc.PopoverDropdown(
                [
                    html.Div(
                        [component(ids.vae_setting(name), field) for name, field in FIELDS.items()], className="new-fit"
                    ),
                    dmc.Button("Train", id=ids.VAE_MAKE, size="xs", mt=10),
                ]
            ),
        ],
        id=ids.VAE_FORM,
        width=440,
        **OPENS_SETTINGS,
    )


def register_training(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    """The panel's callbacks."""
    register_form(app, engine)
    register_shown(app, engine, first)
    register_run(app, engine)
    register_table(app, engine)


def register_form(app: dash.Dash, engine: Engine) -> None:
    places = [(ids.vae_setting(name), field.prop) for name, field in FIELDS.items()]

    @app.callback(
        *[Output(name, prop, allow_duplicate=True) for name, prop in places],
        Input(ids.VAE_FORM, "opened"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        prevent_initial_call=True,
    )
    def fill(opened: bool | None, study: dict | None, ready: list[str]):
        """The settings of the study's VAE, or the usual ones, to begin with."""
        if not opened or study is None or "images" not in ready:
            raise dash.exceptions.PreventUpdate
        asked = params_of(engine, study["keys"])
        if asked is None:
            asked = VaeParams(epochs=usual_epochs(engine.results.meta(study["keys"]["images"])["n_train"]))
        return [getattr(asked, name) for name in FIELDS]

    @app.callback(
        *[Output(name, "error") for name, _ in places],
        Output(ids.VAE_FORM, "opened"),
        Output(shared.STUDY, "data", allow_duplicate=True),
        Input(ids.VAE_MAKE, "n_clicks"),
        State(shared.STUDY, "data"),
        State(shared.READY, "data"),
        *[State(name, prop) for name, prop in places],
        prevent_initial_call=True,
    )
    def make(clicks: int | None, study: dict | None, ready: list[str], *values: Any):
        """Has the VAE trained, or says at the fields what is wrong with them."""
        if not clicks:  # the view was laid out
            raise dash.exceptions.PreventUpdate
        asked, errors = read(VaeParams, dict(zip(FIELDS, values, strict=True)))
        told = [errors.get(name) for name in FIELDS]
        if asked is None:
            return *told, dash.no_update, dash.no_update
        return *told, False, asked_now(engine, study, ready, asked)


def asked_now(engine: Engine, study: Mapping[str, Any] | None, ready: list[str], asked: VaeParams) -> Any:
    """The study with a VAE that is asked for. What stands in the way is told."""
    if study is None or "images" not in ready:
        tell(NOT_YET)
        return dash.no_update
    why = lacking(engine, study["keys"]).get(Need.MODEL)
    if why:
        tell(f"There can be no VAE here, as {why}.")
        return dash.no_update
    try:
        return study_data(ask_for(engine, study, asked))
    except CANNOT_ASK as error:
        tell(f"No VAE can be trained: {error}.")
        return dash.no_update


def register_shown(app: dash.Dash, engine: Engine, first: FirstAnswers) -> None:
    @first.callback(
        output={
            "shown": Output(ids.VAE_SHOWN, "data"),
            "figure": Output(ids.VAE_CURVE, "figure"),
            "drawn": Output(ids.VAE_CURVE, "style"),
            "figures": Output(ids.VAE_FIGURES, "children"),
            "warning": Output(ids.VAE_WARNING, "children"),
            "body": Output(ids.VAE_BODY, "style"),
            "words": Output(ids.VAE_WORDS, "children"),
            "wordless": Output(ids.VAE_WORDS, "style"),
            "told": Output(ids.VAE_TOLD, "children"),
            "not_run": Output(ids.VAE_RUN, "hidden"),
            "cancel": Output(ids.VAE_CANCEL, "display"),
            "retry": Output(ids.VAE_RETRY, "display"),
            "seen": Output(ids.VAE_SEEN, "data"),
        },
        inputs={
            "ready": Input(shared.READY, "data"),
            "steps": Input(job_ids.STEPS, "children"),  # changes when a job of the study comes on
            "what": Input(ids.VAE_WHAT, "value"),
            "study": Input(shared.STUDY, "data"),
            "seen": State(ids.VAE_SEEN, "data"),
        },
    )
    def fill(ready: list[str], steps: list | None, what: str, study: dict | None, seen: dict | None):
        """The VAE as it is, or as far as it is, or why there is none."""
        return Unseen(seen).answer(shown_now(engine, ready, what, study))

    app.clientside_callback(
        ClientsideFunction("darkroom", "drawStrip"),
        Output(ids.VAE_PAINTED, "data"),
        Input(ids.VAE_SHOWN, "data"),
    )


def shown_now(engine: Engine, ready: list[str], what: str, study: dict | None) -> dict[str, Any]:
    """What the panel shows, by the names of the outputs of `fill`."""
    told = {
        "shown": None, "figure": dash.no_update, "drawn": HIDDEN, "figures": [], "warning": "", "body": HIDDEN,
        "words": NOT_YET, "wordless": SHOWN, **NO_RUN,
    }  # fmt: skip
    if study is None or "images" not in ready:
        return told
    keys = study["keys"]
    why = lacking(engine, keys).get(Need.MODEL)
    if why:
        return told | {"words": f"There is no VAE, as {why}."}
    if "teacher" not in ready:
        return told
    if VAE not in keys:
        return told | {"words": NONE_YET}
    running = open_job(engine, keys)
    if running is not None:
        words = GONE if running.state == "done" else told_of(running, engine.jobs.now())
        title = "VAE" if running.key == keys[VAE] else "Codes of the images"
        told |= {
            **run_told(running, f"{title}: {words}"),
            "wordless": HIDDEN,
            "words": "",
        }
    points = points_of(engine, keys[VAE])
    if points:
        told |= {
            "body": SHOWN,
            "drawn": SHOWN,
            "wordless": HIDDEN,
            "figure": figure_of(engine, keys[VAE], points, what),
        }
    if engine.results.which([keys[VAE]]):
        meta = engine.results.meta(keys[VAE])
        told |= {
            "figures": [
                html.Div([html.Dt(title), html.Dd(value)], title=means) for title, value, means in quality(meta)
            ],
            "warning": warning(meta),
            "shown": strip_of(engine, keys, {"key": keys[VAE], "epoch": meta["epochs"]}),
        }
    elif running is not None and running.previews:
        told |= {"shown": strip_of(engine, keys, {"preview": running.previews, "key": running.key})}
    return told


def strip_of(engine: Engine, keys: Mapping[str, str], decoded: dict[str, Any]) -> dict[str, Any]:
    """What the browser draws the strip from: the first test images, and what is decoded of them."""
    meta = engine.results.meta(keys["images"])
    numbers = list(range(meta["n_train"], min(meta["count"], meta["n_train"] + STRIP_IMAGES)))
    return {"images": keys["images"], "numbers": numbers, **decoded}


def points_of(engine: Engine, key: str) -> list[dict[str, Any]]:
    """What is known of each epoch: the stored record, or the points that were reported so far."""
    if engine.results.which([key]):
        names = {"train_mse": "train_mse", "test_mse": "test_mse", "test_kl": "kl", "n_active": "n_active"}
        columns = {told: engine.results.array(key, name).tolist() for name, told in names.items()}
        return [
            {"epoch": epoch} | {name: column[epoch] for name, column in columns.items()}
            for epoch in range(len(columns["test_mse"]))
        ]
    try:
        return [point for point in engine.jobs.metrics(key) if "test_mse" in point]
    except CANNOT_ASK:
        return []


def figure_of(engine: Engine, key: str, points: list[dict[str, Any]], what: str):
    """The chart that is chosen; before it is told of the latent values, that of all together."""
    told = divergences_of(engine, key) if what == "values" else None
    if told is not None:
        return dimensions_figure(told)
    try:
        epochs = int(engine.jobs.get(key).params["epochs"])
    except CANNOT_ASK:
        epochs = len(points) - 1
    return (divergence_figure if what in ("kl", "values") else error_figure)(points, epochs)


def divergences_of(engine: Engine, key: str) -> np.ndarray | None:
    """What each latent value tells (d,), in nats, at the end, or after the epoch that a running training last told of."""
    if engine.results.which([key]):
        return engine.results.array(key, "kl_per_dim")[-1]
    try:
        content = engine.preview(key, "kl_per_dim")
    except CANNOT_ASK:
        return None
    return None if content is None else np.load(io.BytesIO(content), allow_pickle=False)


def register_run(app: dash.Dash, engine: Engine) -> None:
    def key_of(keys: Mapping[str, str]) -> str | None:
        running = open_job(engine, keys)
        return running and running.key

    register_run_buttons(app, engine, ids.VAE_CANCEL, ids.VAE_RETRY, key_of)


def register_table(app: dash.Dash, engine: Engine) -> None:
    @app.callback(
        Output(ids.DOWNLOAD, "data", allow_duplicate=True),
        Input(ids.TABLE_VAE, "n_clicks"),
        State(shared.STUDY, "data"),
        prevent_initial_call=True,
    )
    def take(clicks: int | None, study: dict | None):
        """The record of the training, as CSV."""
        if not clicks:  # the view was laid out
            return dash.no_update
        key = study["keys"].get(VAE) if study else None
        points = points_of(engine, key) if key else []
        if key is None or not points:
            tell("There is nothing to export before a VAE is trained.")
            return dash.no_update
        return dcc.send_string(record_table(engine, key, points), "vae.csv")


def record_table(engine: Engine, key: str, points: list[dict[str, Any]]) -> str:
    """The record of a training as CSV, a row an epoch; at the end with the divergence of each latent value."""
    names = ["epoch", "train_mse", "test_mse", "kl", "n_active"]
    rows = [[point.get(name, "") for name in names] for point in points]
    if engine.results.which([key]):
        each = engine.results.array(key, "kl_per_dim")
        names += [f"kl_{number}" for number in range(each.shape[1])]
        rows = [row + told for row, told in zip(rows, each.tolist(), strict=True)]
    return to_csv(names, rows)
