"""Where the tiles of the image grid are, asked in the browser: the arithmetic alone, however many tiles."""

import pytest

GRID = """([count, width, height, size]) => {
    const tiles = new window.darkroom.TileLayout();
    tiles.begin(Array.isArray(count) ? count.map((part, number) => ({count: part, name: `group ${number}`})) : [{count}]);
    tiles.fit(width, height, size, {tileWidth: 28, tileHeight: 14});
    %s
}"""


@pytest.fixture(scope="module")
def ask(first_desk):
    """What JavaScript says of a layout: `ask(code, count, width, height, size)`."""
    desk, _ = first_desk
    desk.open()
    return lambda code, *given: desk.js(GRID % code, list(given))


def test_tiles_keep_their_shape_and_fill_the_rows(ask):
    told = ask("return [tiles.columns, tiles.tileWidth, tiles.tileHeight, tiles.trackHeight]", 100, 203, 90, 56)
    assert told == [3, 56, 28, 3 + 34 * 31]


@pytest.mark.parametrize("count", [1, 7, 1797, 5_000_000, [1, 7, 30, 11, 1797], [2_000_000, 1, 3_000_000]])
def test_every_tile_is_found_where_it_is(ask, count):
    """At both ends of the content, also where the track is shorter than the content."""
    wrong = ask(
        """const wrong = [];
        for (const offset of [0, tiles.maxOffset / 2, tiles.maxOffset]) {
            tiles.scrollTo(offset);
            const [first, end] = tiles.visible();
            for (let position = first; position < end; position += 1) {
                const {x, y} = tiles.cornerOf(position);
                const middle = [x + tiles.tileWidth / 2, y + tiles.tileHeight / 2];
                const seen = middle[1] >= 0 && middle[1] < 300;
                if (tiles.positionAt(...middle) !== (seen ? position : -1)) wrong.push([offset, position]);
            }
            if (offset === tiles.maxOffset && end !== tiles.count) wrong.push(['the end is', end]);
        }
        return wrong""",
        count,
        640,
        300,
        56,
    )
    assert wrong == []


def test_a_track_is_never_longer_than_browsers_allow(ask):
    height, scale, end = ask(
        "return [tiles.trackHeight, tiles.scale, (tiles.trackHeight - 300) * tiles.scale - tiles.maxOffset]",
        5_000_000,
        640,
        300,
        56,
    )
    assert height == 8e6
    assert scale > 1
    assert end == pytest.approx(0, abs=0.1)


def test_headings_stand_above_their_sections_and_are_no_tiles(ask):
    """Three columns; rows of 31 px."""
    told = ask(
        """const named = tiles.headings().map(({name, y, height}) => [name, y, tiles.positionAt(10, y + height / 2)]);
        return [named, tiles.cornerOf(4).y, tiles.visible(), tiles.offsetShowing(5), tiles.trackHeight]""",
        [4, 2, 90],
        203,
        150,
        56,
    )
    headings = [["group 0", 0, -1], ["group 1", 24 + 2 * 31, -1], ["group 2", 2 * 24 + 3 * 31, -1]]
    assert told == [headings, 2 * 24 + 2 * 31 + 3, [0, 6], 0, 3 * 24 + 33 * 31 + 3]


def test_what_is_at_the_top_stays_there_when_the_rows_change(ask):
    assert ask(
        """tiles.scrollTo(tiles.offsetShowing(1000));
        tiles.scrollTo(tiles.cornerOf(1000).y + tiles.offset);
        tiles.dropAnchor();
        const anchor = tiles.anchor;
        tiles.fit(320, 300, 100, {tileWidth: 28, tileHeight: 14});
        const [first, end] = tiles.visible();
        return first <= anchor && anchor < end""",
        1797,
        640,
        300,
        56,
    )


@pytest.mark.parametrize(
    ("position", "rows", "reached"), [(0, -1, 0), (0, 1, 10), (14, 1, 22), (20, 1, 20), (22, -1, 12), (5, 99, 22)]
)
def test_a_step_of_rows_stays_in_its_column_and_in_the_grid(ask, position, rows, reached):
    """Ten columns, and a last row of three."""
    assert ask(f"return tiles.rowsFrom({position}, {rows})", 23, 600, 300, 56) == reached


@pytest.mark.parametrize(
    ("position", "rows", "reached"),
    [(5, 1, 11), (5, 2, 12), (5, 3, 18), (12, 1, 13), (12, -1, 10), (16, 1, 16), (22, -99, 9)],
)
def test_a_step_of_rows_walks_across_sections(ask, position, rows, reached):
    """Ten columns: rows of ten and two tiles, one, and ten."""
    assert ask(f"return tiles.rowsFrom({position}, {rows})", [12, 1, 10], 600, 300, 56) == reached
