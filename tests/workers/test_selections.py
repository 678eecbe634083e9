"""Selections: known by their content for a while, and for good under a name."""

import threading

import pytest

from workers import names
from workers.selections import MOST_SAVED, Saved, Selections

IMAGES, OTHERS = "a" * 64, "b" * 64
FOURS = {"images": IMAGES, "bits": "AAAA", "count": 3, "label": "4 taken for 9"}


@pytest.fixture
def selections(client):
    return Selections(client, lambda: 1000.0)


def named(selections, images=IMAGES):
    return [saved.name for saved in selections.saved(images)]


def test_selections_are_known_by_their_content(selections, client):
    known = selections.keep(FOURS)
    assert selections.keep(dict(reversed(FOURS.items()))) == known
    assert selections.keep(FOURS | {"bits": "AAAB"}) != known
    assert selections.get(known) == FOURS
    assert selections.get("nowhere") is None
    assert client.ttl(names.selection(known)) > 80 * 24 * 3600


def test_what_is_saved_is_listed_by_name_and_comes_back_whole(selections, client):
    assert selections.saved(IMAGES) == []
    selections.save("odd", FOURS)
    selections.save("  Even  ", FOURS | {"count": 5})
    assert selections.saved(IMAGES) == [Saved("Even", 5, 1000.0), Saved("odd", 3, 1000.0)]
    assert selections.recall(IMAGES, "odd") == FOURS
    assert selections.saved(OTHERS) == []
    assert {client.ttl(names.saved(IMAGES)), client.ttl(names.saved_contents(IMAGES))} == {-1}  # for good


def test_a_name_is_taken_once_in_an_image_set(selections):
    selections.save("odd", FOURS)
    with pytest.raises(ValueError, match=r"^a selection named odd is saved already; choose another name, or delete"):
        selections.save(" odd ", FOURS | {"count": 5})
    assert selections.recall(IMAGES, "odd") == FOURS
    selections.save("odd", FOURS | {"images": OTHERS})
    assert (named(selections), named(selections, OTHERS)) == (["odd"], ["odd"])


@pytest.mark.parametrize(("name", "length"), [("", 0), (" \n ", 0), ("x" * 81, 81)])
def test_a_name_has_one_to_eighty_characters(selections, name, length):
    selections.save("x" * 80, FOURS)
    for ask in (
        lambda: selections.save(name, FOURS),
        lambda: selections.rename(IMAGES, "x" * 80, name),
    ):
        with pytest.raises(ValueError, match=f"^a name has 1 to 80 characters, this one has {length}$"):
            ask()
    assert named(selections) == ["x" * 80]


def test_a_saved_selection_is_renamed(selections):
    selections.save("odd", FOURS)
    selections.save("even", FOURS)
    assert selections.rename(IMAGES, "odd", "strange") == Saved("strange", 3, 1000.0)
    assert named(selections) == ["even", "strange"]
    assert selections.recall(IMAGES, "strange") == FOURS
    with pytest.raises(KeyError, match="no selection named odd is saved any more"):
        selections.recall(IMAGES, "odd")
    with pytest.raises(KeyError, match="no selection named odd"):
        selections.rename(IMAGES, "odd", "other")
    with pytest.raises(ValueError, match="a selection named even is saved already"):
        selections.rename(IMAGES, "strange", "even")
    assert selections.rename(IMAGES, "even", "even").name == "even"  # nothing is in its way but itself
    assert named(selections) == ["even", "strange"]


def test_a_saved_selection_is_deleted(selections, client):
    selections.save("odd", FOURS)
    selections.delete(IMAGES, "odd")
    selections.delete(IMAGES, "odd")
    assert named(selections) == []
    assert client.keys(f"{names.PREFIX}saved:*") == []


def test_an_image_set_has_no_more_than_it_may(selections):
    for number in range(MOST_SAVED):
        selections.save(f"selection {number}", FOURS)
    with pytest.raises(ValueError, match=f"^this image set has {MOST_SAVED} saved selections, and may have no more"):
        selections.save("one more", FOURS)
    selections.delete(IMAGES, "selection 7")
    assert selections.save("one more", FOURS).name == "one more"


def test_of_two_who_take_a_name_at_once_one_is_told(selections):
    told = []

    def save(count):
        try:
            selections.save("odd", FOURS | {"count": count})
        except ValueError as error:
            told.append(str(error))

    savers = [threading.Thread(target=save, args=(count,)) for count in range(8)]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    assert len(told) == 7
    assert selections.recall(IMAGES, "odd")["count"] == selections.saved(IMAGES)[0].count
