"""The web process starts without torch: many of them can stand beside many workers."""

import subprocess
import sys

PROGRAM = """
import sys
from dashboard.server import build
from workers.engine import Engine
from workers.settings import Settings

settings = Settings()
url = "redis://127.0.0.1:1"  # nobody answers there, and building asks nobody
app = build(Engine.connect(settings, url, patient=False), settings)
assert app.server.test_client().get("/").status_code == 200
import app as program
assert not {"torch", "sklearn", "models"} & set(sys.modules), sorted(sys.modules)
"""


def test_the_page_is_built_without_torch_models_and_sklearn():
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
