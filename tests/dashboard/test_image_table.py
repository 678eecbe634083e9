"""The table of images, without a browser: when its script comes, and what becomes of the rows that were picked."""

import numpy as np
import pytest

from dashboard.links import make_selection, study_data
from dashboard.measures import pack_bits, unpack_bits

N = 1797


def test_its_script_is_no_part_of_the_page_but_is_served(client, page):
    assert "dash_ag_grid.min" not in client.get("/").get_data(as_text=True)
    stores = [part["props"] for part in parts(client.get("/_dash-layout").get_json())]
    address = next(store["data"] for store in stores if store.get("id") == "table-script")
    with client.get(address) as response:
        assert (response.status_code, response.mimetype) == (200, "text/javascript")
    assert page.ask("table-place.children", "table-loaded.data") == {}
    [_, frame, *_] = page.ask("table-place.children", "table-loaded.data", table_loaded__data=True)["table-place"][
        "children"
    ]
    table = frame["props"]["children"]["props"]
    assert "rowData" not in table
    assert [column["field"] for column in table["columnDefs"]] == [
        "id", "split", "true", "predicted", "right", "confidence", "entropy", "margin",
    ]  # fmt: skip


def parts(tree):
    """All components of a layout."""
    if isinstance(tree, list):
        for branch in tree:
            yield from parts(branch)
    elif isinstance(tree, dict) and "props" in tree:
        yield tree
        yield from parts(tree["props"].get("children"))


@pytest.mark.parametrize(
    ("picked", "before", "by_outcome"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_rows_become_a_selection(page, digits, picked, before, by_outcome):
    mask = np.zeros(N, bool)
    mask[[3, 1500, 1796]] = True
    images = digits.study.keys["images"]
    shown = make_selection(digits.engine, images, np.ones(N, bool), "all", "matrix", by_outcome=before)
    told = {"images": images, "bits": pack_bits(mask), "tool": "Filter", "by_outcome": picked}
    given = {"matrix_split__value": "test", "study__data": study_data(digits.study), "selection__data": shown}
    made = page.ask("selection.data", "table-picked.data", table_picked__data=told, **given)["selection"]["data"]
    assert (unpack_bits(made["bits"], N) == mask).all()
    named = [made[name] for name in ("label", "origin", "split", "by_outcome")]
    assert named == ["Filter of 3 images", "table", "test", by_outcome]
    assert digits.engine.selections.get(made["id"])["label"] == "Filter of 3 images"
    other = told | {"images": "0" * 64}  # of an image set that was left meanwhile
    assert page.ask("selection.data", "table-picked.data", table_picked__data=other, **given) == {}
