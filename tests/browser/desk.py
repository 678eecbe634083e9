"""A page in a browser, as a person uses it; and the page's server, for tests to open."""

import contextlib
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
)
from playwright.sync_api import (
    TimeoutError as TooLate,
)
from waitress.server import create_server

from dashboard.server import build
from workers.engine import Engine
from workers.settings import Settings

WAIT_MS = 90_000  # a busy machine is slow, not wrong

FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

SAID = "document.body.innerText"
PLOT = "document.querySelector('#{} .js-plotly-plot')"
# Whether all points of the map in the plane are on its canvas.
# Whether all points of a `map` that is there are on its canvas.
IS_PAINTED = "(map => Boolean(map) && map.drawing?.painted === map.members.flat().length)"

expect.set_options(timeout=WAIT_MS)


def find_browser() -> str:
    """Chromium on this machine; a test that needs it is skipped without it, and fails in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        sentence = "there is no chromium here; install it (apt-get install chromium) to run the browser tests"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found


@contextlib.contextmanager
def served(engine: Engine, settings: Settings) -> Iterator[str]:
    """The page over `engine`, on a free port of this machine; gives its address."""
    app = build(engine, settings)
    server = create_server(app.server, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(timeout=1)  # it waits for connections that a browser keeps open


# What Dash says when the answer to a mark comes after its view has gone: it looks for the figure where that was. Tests take
# views away quicker than people do.
LATE_MARK = "Cannot patch undefined"


class Watch:
    """Everything that a page says or does and should not."""

    def __init__(self):
        self.complaints: list[str] = []
        self._allowed: list[str] = [LATE_MARK]

    def allow(self, pattern: str) -> None:
        """What matches is provoked by the test itself."""
        self._allowed.append(pattern)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"page error: {error.error.stack or error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def forget(self) -> None:
        """Begins anew."""
        self.complaints.clear()
        self._allowed = [LATE_MARK]

    def check(self) -> None:
        wrong = [text for text in self.complaints if not any(re.search(allowed, text) for allowed in self._allowed)]
        assert not wrong, "the page was not quiet:\n" + "\n".join(wrong)

    def _note(self, text: str) -> None:
        self.complaints.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        self._note(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self._note(f"outbound request: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # of a page that was left
            self._note(f"failed request: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"response {response.status}: {response.url}")


class Desk:
    """One tab."""

    def __init__(self, page: Page, site: str):
        self.page = page
        self.site = site
        page.set_default_timeout(WAIT_MS)

    def open(self, path: str = "/") -> "Desk":
        """Goes there and waits until the images are painted and the matrix drawn."""
        self.page.goto(path if path.startswith("http") else self.site + path)
        return self.wait_painted()

    def begin_again(self) -> "Desk":
        """The view laid out anew with nothing selected, as after a load of the page, in a fraction of its time."""
        self._lay_anew("teacher", "#matrix")
        return self.wait_painted()

    def open_darksight(self, study: str) -> "Desk":
        """The DarkSight view of a study, with nothing selected: of the one that is there laid out anew."""
        if (
            self.page.url.startswith(self.site)
            and self.js("dash_component_api.getLayout('study')?.props.data?.id") == study
        ):
            self._lay_anew("darksight", "#darksight")
        else:
            self.page.goto(f"{self.site}/health")
            self.js("localStorage.clear(), sessionStorage.clear()")
            self.page.goto(f"{self.site}/?study={study}&views=darksight")
        self.wait("document.querySelector('#darksight')")
        return self

    def _lay_anew(self, view: str, shown: str) -> None:
        """A view as it is first seen; `shown` is in it."""
        self.page.mouse.move(0, 0)
        self.js("""() => {
            const set = (id, prop, value) => {  // what is so already would be heard of too
                if ((dash_component_api.getLayout(id).props[prop] ?? false) === (value ?? false)) return;
                dash_clientside.set_props(id, {[prop]: value});
            };
            for (const id of ['help', 'new-window', 'study-abilities']) set(id, 'opened', false);
            for (const store of ['selection', 'focus', 'pinned']) set(store, 'data', null);
            set('workspace', 'data', []);
        }""")
        self.wait("shown => !document.querySelector(shown)", shown)
        self.js(
            """view => {
                dash_clientside.set_props('kept', {data: null});
                dash_clientside.set_props('workspace', {data: [view]});
            }""",
            view,
        )

    def reload(self) -> "Desk":
        self.page.reload()
        return self.wait_painted()

    def wait_painted(self) -> "Desk":
        self.wait("document.querySelector('#grid')?.dataset.ready === 'true'")
        self.wait(f"{PLOT.format('matrix')}?.calcdata?.length")
        return self

    def wait(self, expression: str, argument: Any = None) -> None:
        """Until the JavaScript expression, or function of `argument`, is true; else says what the page shows."""
        try:
            self.page.wait_for_function(expression, arg=argument, timeout=WAIT_MS)
        except TooLate:
            raise AssertionError(f"never true: {expression}\nthe page says:\n{self.js(SAID)}") from None

    def js(self, expression: str, argument: Any = None) -> Any:
        return self.page.evaluate(expression, argument)

    def at(self, selector: str):
        return self.page.locator(selector)

    def sees(self, selector: str, text: str | re.Pattern) -> None:
        """Waits for a text."""
        expect(self.at(selector)).to_have_text(text)

    def props(self, component: str) -> dict[str, Any]:
        return self.js("id => window.dash_component_api.getLayout(id).props", component)

    def data(self, store: str) -> Any:
        return self.props(store).get("data")

    def wait_data(self, store: str, condition: str) -> Any:
        """Until `condition`, an expression in `data`, holds of the store; gives its data."""
        self.wait(
            f"(() => {{ const {{data}} = window.dash_component_api.getLayout('{store}').props; return {condition} }})()"
        )
        return self.data(store)

    def beat(self) -> None:
        """One pulse now, instead of in five seconds."""
        self.js("window.dash_clientside.set_props('pulse', {n_intervals: Math.floor(1e9 * Math.random())})")

    # ---- matrix ----

    def cell(self, true: int, predicted: int) -> tuple[float, float]:
        """Where the middle of a cell is, in px."""
        return self.js(
            f"""([row, column]) => {{
                const plot = {PLOT.format("matrix")}, box = plot.getBoundingClientRect();
                const {{xaxis, yaxis}} = plot._fullLayout;
                return [box.left + xaxis._offset + xaxis.d2p(column), box.top + yaxis._offset + yaxis.d2p(row)];
            }}""",
            [true, predicted],
        )

    def click_cell(self, true: int, predicted: int) -> None:
        x, y = self.cell(true, predicted)
        self.page.mouse.move(x - 4, y - 4)
        self.page.mouse.move(x, y)
        # Plotly takes what it hovers over for what is clicked, and hovers 50 ms late.
        self.wait(
            f"wanted => {PLOT.format('matrix')}._hoverdata?.some(point => `${{point.y}} ${{point.x}}` === wanted)",
            f"{true} {predicted}",
        )
        self.page.mouse.click(x, y)

    def framed(self) -> list[list[float]]:
        """The framed cells: (true, predicted)."""
        middle = "shape => [(shape.y0 + shape.y1) / 2, (shape.x0 + shape.x1) / 2]"
        return self.js(f"({PLOT.format('matrix')}.layout.shapes || []).map({middle})")

    def wait_framed(self, *cells: tuple[int, int]) -> None:
        self.wait(
            f"""wanted => JSON.stringify(({PLOT.format("matrix")}.layout.shapes || [])
                .map(shape => [(shape.y0 + shape.y1) / 2, (shape.x0 + shape.x1) / 2])) === wanted""",
            "[" + ",".join(f"[{true},{predicted}]" for true, predicted in cells) + "]",
        )

    @contextlib.contextmanager
    def settings(self, panel: str) -> Iterator[None]:
        """With the settings of a panel open."""
        button = self.page.get_by_role("button", name=f"Settings: {panel}")
        button.click()
        yield
        button.click()

    def wait_selected(self, label: str) -> dict[str, Any]:
        """Until what is selected is called so; gives the selection."""
        return self.wait_data("selection", f"data?.label === {json.dumps(label)}")

    # ---- grid ----

    def grid_ids(self) -> list[int]:
        return self.js("Array.from(window.darkroom.grid.ids)")

    def wait_grid(self, ids: list[int]) -> None:
        """Until exactly these images are shown, in this order, and painted; and selected, if they were picked."""
        self.wait(
            """wanted => { const {grid, isAhead} = window.darkroom;
                return grid && grid.host.dataset.ready === 'true' && !isAhead()
                    && JSON.stringify(Array.from(grid.ids)) === wanted }""",
            "[" + ",".join(map(str, ids)) + "]",
        )

    def click_image(self, image: int) -> None:
        x, y = self.js(
            """id => { const {grid} = window.darkroom, box = grid.host.getBoundingClientRect(), tile = grid.rectOf(id);
                return [box.left + tile.x + tile.width / 2, box.top + tile.y + tile.height / 2] }""",
            image,
        )
        self.page.mouse.click(x, y)

    def arrange(self, control: str, option: str) -> None:
        """Opens what the images are ordered and grouped by, and picks one option of a control in it."""
        if not self.at(f"#{control}").is_visible():
            self.page.get_by_role("button", name="Order and groups").click()
        if control == "grid-direction":
            self.choose(control, option)
        else:
            self.at(f"#{control}").click()
            self.page.get_by_role("option", name=option, exact=True).click()

    def wait_focus(self, image: int) -> None:
        """Until an image is the focused one, and what is said of it is there."""
        self.wait_data("focus", f"data === {image}")
        self.sees("#focus-panel-subtitle", re.compile(f"^Image {image:,} "))

    # ---- map ----

    # `on` is the name of the map's place.

    def wait_map(self, on: str = "scatter") -> None:
        """Until the map is drawn."""
        self.wait(
            f"on => {{ const map = window.darkroom.maps[on]; return {IS_PAINTED}(map) && map.drawings === 0 }}", on
        )

    def place(self, at: list[float], on: str = "scatter") -> list[float]:
        """Where a place of the map is, in px."""
        return self.js(
            """([[x, y], on]) => { const {plot} = window.darkroom.maps[on], box = plot.getBoundingClientRect();
                const {xaxis, yaxis} = plot._fullLayout;
                return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis.d2p(y)] }""",
            [at, on],
        )

    def lasso(self, box: tuple[float, float, float, float], key: str | None = None, on: str = "scatter") -> None:
        """Draws round a box (left, bottom, right, top, in units of the map), perhaps with a key held down."""
        left, bottom, right, top = map(float, box)
        corners = [
            self.place(at, on) for at in ([left, bottom], [right, bottom], [right, top], [left, top], [left, bottom])
        ]
        self.page.mouse.move(*corners[0])
        if key:
            self.page.keyboard.down(key)
        self.page.mouse.down()
        for corner in corners[1:]:
            self.page.mouse.move(*corner, steps=4)
        self.page.mouse.up()
        if key:
            self.page.keyboard.up(key)

    def wait_bright(self, ids: list[int] | None, on: str = "scatter") -> None:
        """Until exactly these points of the map are not faded; None for all, as nothing is selected."""
        self.wait(
            f"""([wanted, on]) => {{ const map = window.darkroom.maps[on];
                if (!{IS_PAINTED}(map) || map.drawings) return false;
                const bright = map.drawing.bright.flat(), isFaded = bright.length < map.members.flat().length;
                return JSON.stringify(isFaded ? bright.sort((a, b) => a - b) : null) === wanted }}""",
            ["null" if ids is None else "[" + ",".join(map(str, ids)) + "]", on],
        )

    def wait_ring(self, at: Any, ring: str = "focus", on: str = "scatter") -> None:
        """Until the ring of the focused image, or of the one hovered elsewhere, is at a place of the map; None for no
        ring."""
        self.wait(
            """([at, ring, on]) => { const {rings: {[ring]: {hidden, style}}, plot} = window.darkroom.maps[on];
                if (!at || hidden) return !at && hidden;
                const {xaxis, yaxis} = plot._fullLayout, {e: x, f: y} = new DOMMatrix(style.transform);
                return Math.hypot(x - xaxis._offset - xaxis.d2p(at[0]), y - yaxis._offset - yaxis.d2p(at[1])) < 0.1 }""",
            [at if at is None else [float(number) for number in at], ring, on],
        )

    def pick(self, control: str, text: str) -> None:
        """One of the options of a picker."""
        self.at(f"#{control}").click()
        self.page.get_by_role("option", name=text, exact=True).click()

    # ---- what else is on the page ----

    def bars(self) -> list[float]:
        """The probabilities that are drawn."""
        return self.js(f"{PLOT.format('focus-bars')}.calcdata[0].map(bar => bar.s)")

    def choose(self, control: str, text: str) -> None:
        """One of the options of a small switch."""
        self.at(
            f"#{control} label",
        ).filter(has_text=re.compile(f"^{text}$")).click()

    def notices(self) -> list[str]:
        return self.js(
            "Array.from(document.querySelectorAll('#notices > *'), notice => notice.id.replace('notice-', ''))"
        )

    def wait_notices(self, *names: str) -> None:
        self.wait(
            """wanted => JSON.stringify(Array.from(document.querySelectorAll('#notices > *'),
                notice => notice.id.replace('notice-', ''))) === wanted""",
            "[" + ",".join(f'"{name}"' for name in names) + "]",
        )

    def steps(self) -> list[str]:
        """The states in the study bar."""
        return self.js(
            "Array.from(document.querySelectorAll('#study-steps .step'), step => step.className.split('step-')[1])"
        )

    def wait_steps(self, *states: str) -> None:
        self.wait(
            """wanted => Array.from(document.querySelectorAll('#study-steps .step'),
                step => step.className.split('step-')[1]).join() === wanted""",
            ",".join(states),
        )

    def toast(self, text: str | re.Pattern) -> None:
        """Waits for a message in the corner."""
        expect(self.at(".mantine-Notification-root").filter(has_text=text).first).to_be_visible()


class Desks:
    """Opens tabs in contexts of their own and watches over all of them."""

    def __init__(self, browser: Browser, site: str):
        self.browser = browser
        self.site = site
        self.watch = Watch()
        self._contexts: list[BrowserContext] = []

    def __call__(self, width: int = 1440, height: int = 900, site: str | None = None, **options: Any) -> Desk:
        """A new tab, with nothing in it yet."""
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, **{"color_scheme": "light"} | options
        )
        self.watch.over(context)
        self._contexts.append(context)
        return Desk(context.new_page(), site or self.site)

    def close(self) -> None:
        for context in self._contexts:
            context.close()
