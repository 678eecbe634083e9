// Brings the image grid together: fetches what it needs, orders and groups its images, links it with the other views.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const MAP = 'distance';
  const NO_MAP = 'Distance in the map can be chosen once a map is drawn.';
  const NO_FOCUS = 'Distance in the map is that to the focused image: click one.';

  let grid = null;
  let drawn = 0;
  let walked = null;  // the image that was focused in the grid itself
  let anchor = null;  // the image that distances in the map are measured to
  let arranged = {};  // what was arranged last, and how: a step from image to image arranges nothing anew
  const repeat = darkroom.repeater('grid-again');

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);

  const gridOn = (host) => {
    if (!grid || grid.host !== host) {
      grid?.destroy();
      grid = new darkroom.ImageGrid(host, {
        onFocus: (id) => {
          walked = id;
          setProps('focus', {data: id});
        },
        onHover: (id) => window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: 'grid'}})),
      });
      // For the page's tests, and for whoever opens the console.
      darkroom.grid = grid;
      darkroom.isAhead = () => isAhead;
    }
    return grid;
  };

  new MutationObserver(() => grid?.refresh())
    .observe(document.documentElement, {attributes: true, attributeFilter: ['data-mantine-color-scheme']});

  window.addEventListener('darkroom-hover', ({detail: {id, origin}}) => {
    if (origin !== 'grid') grid?.pointAt(id);
  });

  // Another map: there may be none, or the distances are others.
  window.addEventListener('darkroom-map', () => {
    if (grid?.host.isConnected) setProps('grid-again', {data: `map ${darkroom.mapPlaces?.key}`});
  });

  // A card is half again as wide as it is high, so that a name has room.
  const picturesOf = ({images, atlas, colours}) => (atlas ? {
    tileWidth: atlas.tile_width,
    tileHeight: atlas.tile_height,
    pages: atlas.n_pages,
    pageUrl: (page) => `/atlas/${images}/${page}`,
  } : {tileWidth: 3, tileHeight: 2, colours});

  const mapOf = ({count}) => {
    const map = darkroom.mapPlaces;
    return map && map.places.length === map.dims * count ? map : null;
  };

  // What cannot be chosen for these images is greyed out.
  const choices = (options, isThere) => options.map((option) => ({...option, disabled: !isThere(option.value)}));

  // Who walks through the images in order of their distance does not have them reordered at each step.
  const anchorOf = (sort, focus) => {
    if (sort !== MAP) return null;
    return anchor !== null && focus === walked ? anchor : focus;
  };

  let told = [];  // what the page told last
  let picks = 0;
  let isAhead = false;  // what is painted is not selected yet

  const idsOfCell = async (source, [true_, taken], split) => {
    const [{labels, predicted}, {ids}] = await Promise.all([darkroom.saidOf(source), darkroom.shownOf(source, null, split)]);
    return ids.filter((id) => labels[id] === true_ && predicted[id] === taken);
  };

  // Tells the canvas what to show. Returns [how often it was told, the panel's line, whether "Clear" is shown, the orders and
  // groups that there are, what to say of the orders].
  const draw = async (source, selected, split, sort, direction, group, size, focus, shownAs, _again, sorts, kinds) => {
    const keep = window.dash_clientside.no_update;
    const turn = (drawn += 1);
    repeat.stop();
    if (!source) {
      grid?.setIds([]);
      return [keep, 'The images of the selection', 'none', keep, keep, keep];
    }
    const target = gridOn(document.getElementById('grid'));
    const found = await Promise.all([darkroom.saidOf(source), darkroom.shownOf(source, selected, split)]).catch(() => null);
    if (turn !== drawn) return Array(6).fill(keep);  // a newer call is under way
    if (!found) {
      repeat.later(drawn);
      if (target.source?.key !== source.images) target.setIds([]);  // images of another study
      return [keep, 'Could not be fetched; asked for again', keep, keep, keep, keep];
    }
    repeat.done();
    const [said, {selection, ids}] = found;
    const {labels, predicted, ...measures} = said;
    const canGroup = {none: true, true: labels, predicted, right: labels && predicted};
    const map = mapOf(source);
    const hasFocus = focus !== null && focus !== undefined && focus >= 0 && focus < source.count;
    anchor = anchorOf(sort, hasFocus ? focus : null);
    if (shownAs === 'tiles') {
      const name = [source.images, source.predictions, selection ? selection.id : split, sort, direction, group, anchor,
        map?.key].join();
      if (arranged.name !== name) {
        const values = sort !== MAP ? measures[sort]
          : map && anchor !== null ? darkroom.arrange.distances(map, anchor, ids) : null;
        const inOrder = darkroom.arrange.ordered(ids, values, direction === 'descending');
        const groups = darkroom.arrange.grouped(inOrder, canGroup[group] ? group : 'none', said, source.class_names);
        arranged = {name, ...groups};
      }
      target.setSource({
        key: source.images,
        count: source.count,
        ...picturesOf(source),
        trueLabels: labels,
        predicted,
        ...measures,
        classNames: source.class_names,
      });
      target.setTileSize(source.atlas ? size : 1.5 * size);
      target.setIds(arranged.ids, arranged.sections);
      target.setFocus(focus, {scroll: true});
    }
    const shown = `${ids.length.toLocaleString('en')} of ${source.count.toLocaleString('en')}`;
    const all = `All ${source.n_train ? `${split} ` : ''}${source.atlas ? 'images' : 'predictions'}`;
    const by = sort === MAP && map && anchor !== null ? `from #${anchor}` : measures[sort] && `by ${sort}`;
    const line = `${selection ? selection.label : all}: ${shown}${by && shownAs === 'tiles' ? ` · ${by}` : ''}`;
    return [
      turn, line, selection ? 'block' : 'none',
      choices(sorts, (name) => (name === MAP ? map && hasFocus : name === 'id' || measures[name])),
      choices(kinds, (name) => canGroup[name]),
      !map ? NO_MAP : !hasFocus ? NO_FOCUS : '',
    ];
  };

  // What is enclosed on the map, as `bits`, or the images of a `cell` of the matrix are painted at once; the selection that
  // the server makes of them comes to the same images.
  window.addEventListener('darkroom-picked', async ({detail: {bits, cell}}) => {
    const [source, , split, ...how] = told;
    if (!source || !grid?.host.isConnected) return;
    const turn = drawn;
    const ids = cell ? await idsOfCell(source, cell, split).catch(() => []) : undefined;
    if (turn !== drawn || ids?.length === 0 || !grid.host.isConnected) return;
    picks += 1;
    isAhead = true;
    draw(source, {images: source.images, bits, ids, id: `picked ${picks}`, label: ''}, split, ...how);
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    drawGrid(...inputs) {
      told = inputs;
      isAhead = false;
      return draw(...inputs);
    },

    // The panel shows tiles or the table, and the controls of what it shows.
    showImages(shownAs) {
      const [tiles, table] = shownAs === 'tiles' ? [{}, {display: 'none'}] : [{display: 'none'}, {}];
      return [tiles, table, tiles, shownAs === 'tiles' ? 'block' : 'none'];
    },
  });
})();
