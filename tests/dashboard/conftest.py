"""The page over the computed digits study, without a browser."""

import pytest

from dashboard.server import build
from tests.dashboard.asking import Page
from tests.dashboard.borrowed import own_store


@pytest.fixture(scope="session")
def app(digits):
    return build(digits.engine, digits.settings)


@pytest.fixture
def client(app):
    return app.server.test_client()


@pytest.fixture
def page(client):
    return Page(client)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A store of the module's own; the digits study is copied into it by the tests that want it."""
    with own_store(tmp_path_factory.mktemp("own")) as own:
        yield own
