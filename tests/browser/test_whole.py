"""The whole application, as a user starts it: one command, one address."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.engines import wait_until

ROOT = Path(__file__).resolve().parents[2]
BUDGET = 120  # seconds for what takes ten on an idle machine


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A process whose output is kept, line by line."""

    def __init__(self, *command, **environment):
        kept = {name: value for name, value in os.environ.items() if name != "REDIS_URL" and "DARKROOM" not in name}
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=ROOT,
            env=kept | {"DARKROOM_DEVICE": "cpu", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        self.lines.extend(iter(self.process.stdout.readline, ""))

    def said(self, pattern):
        """What matches in what it has printed; fails at once when it has ended without."""
        found = re.search(pattern, "".join(self.lines))
        assert found or self.process.poll() is None, "".join(self.lines)
        return found

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def program(*command, **environment):
    running = Program(*command, **environment)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            try:
                running.stop()
            except subprocess.TimeoutExpired:
                running.process.kill()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_from_the_command_to_the_images_and_once_more(free_desks, tmp_path):
    command = ("app.py", "--data-dir", tmp_path / "data", "--port", free_port())
    with program(*command) as app:
        address = wait_until(lambda: app.said(r"Darkroom is at (\S+)"), BUDGET, "the address")[1]
        tab = free_desks(site=address)
        tab.page.goto(address)
        wait_until(lambda: tab.steps() == ["done"] * 4, BUDGET, "the study")
        tab.wait_painted()
        tab.wait_notices()
        cells = tab.js("document.querySelector('#matrix .js-plotly-plot').calcdata[0][0].z")
        true, taken = next((row, column) for row in range(10) for column in range(10) if cells[row][column] < 0)
        tab.click_cell(true, taken)
        tab.sees("#grid-panel-subtitle", re.compile(f"^{true} taken for {taken}: "))
        shown = tab.grid_ids()
        assert 0 < len(shown) < 20
        tab.wait_grid(shown)
        tab.click_image(shown[0])
        tab.wait_focus(shown[0])
        tab.wait("document.querySelector('#focus-image').naturalWidth === 28")
        seen = tab.page.url
        tab.page.goto("about:blank")
        assert app.stop() == 0
        assert "Traceback" not in "".join(app.lines)

    with program(*command) as app:
        wait_until(lambda: app.said(r"Darkroom is at (\S+)"), BUDGET, "the address")
        tab.open(seen)  # at once: no worker is needed for what was computed
        tab.wait_grid(shown)
        tab.wait_focus(shown[0])
        expect(tab.at("#study-cancel")).to_be_hidden()
        tab.page.goto("about:blank")
        assert app.stop() == 0
