// Browser side of what links the views: the URL, the tab's name, and the image grid's selection.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const arrays = new Map();  // address -> promise of a typed array; results never change

  const TYPES = {
    '|u1': Uint8Array, '<u2': Uint16Array, '<i4': Int32Array, '<u4': Uint32Array, '<f4': Float32Array, '<f8': Float64Array,
    '<i8': BigInt64Array,
  };

  // A .npy file, version 1: magic (6 bytes), version (2), header length (2), header, data.
  const readNpy = (buffer) => {
    const headerLength = new DataView(buffer).getUint16(8, true);
    const header = new TextDecoder('latin1').decode(new Uint8Array(buffer, 10, headerLength));
    const type = TYPES[header.match(/'descr': '([^']+)'/)[1]];
    const values = new type(buffer.slice(10 + headerLength));
    return type === BigInt64Array ? Int32Array.from(values, Number) : values;
  };

  const fetchArray = async (address, options) => {
    const response = await fetch(address, options);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return readNpy(await response.arrayBuffer());
  };

  const array = (key, name) => {
    const address = `/array/${key}/${name}.npy`;
    if (!arrays.has(address)) {
      const fetched = fetchArray(address);
      fetched.catch(() => arrays.delete(address));  // asked for again next time
      arrays.set(address, fetched);
    }
    return arrays.get(address);
  };

  // The ids in a selection's bitset; the first image is the lowest bit of the first byte.
  const idsOf = (bits) => {
    const bytes = Uint8Array.from(atob(bits), (character) => character.charCodeAt(0));
    const ids = [];
    bytes.forEach((byte, index) => {
      for (let bit = 0; bit < 8; bit += 1) if (byte & (1 << bit)) ids.push(8 * index + bit);
    });
    return ids;
  };

  // A card is half again as wide as it is high, so that a name has room.
  const picturesOf = ({images, atlas, colours}) => (atlas ? {
    tileWidth: atlas.tile_width,
    tileHeight: atlas.tile_height,
    pages: atlas.n_pages,
    pageUrl: (page) => `/atlas/${images}/${page}`,
  } : {tileWidth: 3, tileHeight: 2, colours});

  const range = (start, end) => Array.from({length: end - start}, (_, offset) => start + offset);

  // The store or the page's server may be away: drawn again, by a change of `store`, after 1, 2, 4, then every 8 seconds.
  const repeater = (store) => {
    let failures = 0;  // one after the other
    let timer = null;
    return {
      later(drawn) {
        const wait = 1000 * 2 ** Math.min(failures, 3);
        failures += 1;
        timer = setTimeout(() => window.dash_clientside.set_props(store, {data: drawn}), wait);
      },
      stop: () => clearTimeout(timer),
      done() { failures = 0; },
    };
  };

  Object.assign(darkroom, {array, fetchArray, repeater});  // for the other views

  let grid = null;
  let drawn = 0;
  const repeat = repeater('grid-again');

  const gridOn = (host) => {
    if (!grid || grid.host !== host) {
      grid?.destroy();
      grid = new darkroom.ImageGrid(host, {onFocus: (id) => window.dash_clientside.set_props('focus', {data: id})});
      // For the page's tests, and for whoever opens the console.
      darkroom.grid = grid;
    }
    return grid;
  };

  new MutationObserver(() => grid?.refresh())
    .observe(document.documentElement, {attributes: true, attributeFilter: ['data-mantine-color-scheme']});

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // The address bar follows the stores; nothing is loaded anew.
    writeUrl(study, selection, focus, pinned, views) {
      if (!study) return window.dash_clientside.no_update;
      const parts = [`study=${study.id}`];
      if (views.join() !== 'teacher') parts.push(`views=${views.join()}`);
      if (selection) parts.push(`selection=${selection.id}`);
      if (Number.isInteger(focus)) parts.push(`focus=${focus}`);
      if (Number.isInteger(pinned)) parts.push(`pin=${pinned}`);
      history.replaceState(history.state, '', `${location.pathname}?${parts.join('&')}`);
      return window.dash_clientside.no_update;
    },

    nameTab(_, name) {
      if (name) return window.dash_clientside.no_update;
      return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    },

    // A view that is laid out later asks as well, which a callback of the server's would take a round trip for.
    followSplit(selection, split, study) {
      const wanted = selection?.images === study?.keys?.images ? selection?.split : null;
      return wanted && wanted !== split ? wanted : window.dash_clientside.no_update;
    },

    // Tells the canvas what to show. Returns [how often it was told, the panel's line, whether "Clear" is shown].
    async drawGrid(source, selected, split, sort, size, focus) {
      const selection = selected?.images === source?.images ? selected : null;  // made in another image set
      const keep = window.dash_clientside.no_update;
      const turn = (drawn += 1);
      repeat.stop();
      if (!source) {
        grid?.setIds([]);
        return [keep, 'The images of the selection', 'none'];
      }
      const target = gridOn(document.getElementById('grid'));
      const fetched = await Promise.all([
        source.labels ? array(source.images, 'labels') : null,
        source.predictions ? array(source.predictions, 'predicted') : null,
        source.predictions ? array(source.predictions, 'confidence') : null,
      ]).catch(() => null);
      if (turn !== drawn) return [keep, keep, keep];  // a newer call is under way
      if (!fetched) {
        repeat.later(drawn);
        if (target.source?.key !== source.images) target.setIds([]);  // images of another study
        return [keep, 'Could not be fetched; asked for again', keep];
      }
      repeat.done();
      const [labels, predicted, confidence] = fetched;
      target.setSource({
        key: source.images,
        count: source.count,
        ...picturesOf(source),
        trueLabels: labels,
        predicted,
        confidence,
        classNames: source.class_names,
      });
      // Where nothing is kept for training, all is test.
      const ids = selection ? idsOf(selection.bits)
        : split === 'train' && source.n_train ? range(0, source.n_train) : range(source.n_train, source.count);
      if (sort === 'confidence' && confidence) ids.sort((a, b) => confidence[a] - confidence[b] || a - b);
      target.setTileSize(source.atlas ? size : 1.5 * size);
      target.setIds(ids);
      target.setFocus(focus, {scroll: true});
      const shown = `${ids.length.toLocaleString('en')} of ${source.count.toLocaleString('en')}`;
      const all = `All ${source.n_train ? `${split} ` : ''}${source.atlas ? 'images' : 'predictions'}`;
      const line = `${selection ? selection.label : all}: ${shown}`;
      return [turn, line, selection ? 'block' : 'none'];
    },
  });
})();
