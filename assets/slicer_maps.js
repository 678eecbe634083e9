// What filters see: a column an image, of each filter a row of feature maps, and one of the maps carried back to the images; under
// the name of a filter its capacity with the filters of the other layer.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;
  const MOST = 6;  // images beside the focused one

  let turn = 0, last = null;  // what was drawn, for a step of the slider

  // The focused image first, then of the selection, if there is one, else of the slice; as far apart as they go.
  const imagesOf = async (shown, picked, focus, selection) => {
    const numbers = Number.isInteger(focus) ? [focus] : [];
    const slice = await darkroom.array(shown.key, 'numbers');
    let others = Array.from(slice);
    if (selection?.images === shown.images) {
      const bits = await darkroom.selectedBits(selection).then(darkroom.bits.bytesOf).catch(() => null);
      if (bits) others = Array.from({length: 8 * bits.length}, (_, number) => number).filter((number) => darkroom.bits.has(bits, number));
    } else if (Number.isInteger(picked.class)) {
      const labels = await darkroom.array(shown.images, 'labels');
      others = others.filter((number) => labels[number] === picked.class);
    }
    const left = others.filter((number) => number !== focus), step = Math.max(Math.floor(left.length / MOST), 1);
    return [...numbers, ...left.filter((_, place) => place % step === 0).slice(0, MOST)];
  };

  const grey = (canvas, values, [height, width]) => {
    Object.assign(canvas, {width, height});
    const context = canvas.getContext('2d'), pixels = context.createImageData(width, height);
    values.forEach((value, place) => pixels.data.set([value, value, value, 255], 4 * place));
    context.putImageData(pixels, 0, 0);
  };

  const rowsOf = ({shape: [count, ...shape], data}) => {
    const values = darkroom.bytesOf(data), size = values.length / count;
    return {shape, rows: Array.from({length: count}, (_, row) => values.subarray(row * size, (row + 1) * size))};
  };

  // A filter's capacity with each filter of another layer, at an epoch of the slice; null where it is in no pair.
  const profileOf = async (shown, at, [layer, channel]) => {
    const pair = shown.pairs.findIndex((names) => names.includes(layer));
    const known = shown.layers.find(({name}) => name === layer);
    if (pair < 0 || !known) return null;
    const values = await darkroom.array(shown.key, `capacity-${pair}`), [, rows, columns] = values.shape;
    const isRow = shown.pairs[pair][0] === layer, place = channel - known.first, start = at * rows * columns;
    return {
      other: shown.pairs[pair][isRow ? 1 : 0],
      values: isRow ? Array.from(values.subarray(start + place * columns, start + (place + 1) * columns)) : Array.from({length: rows}, (_, row) => values[start + row * columns + place]),
    };
  };

  const strip = (host, {other, values}) => {
    const canvas = make('canvas', 'slicer-profile', host), wide = 120, high = 28;
    const context = darkroom.sharp(canvas, wide, high), most = Math.max(...values) || 1, width = wide / values.length;
    context.fillStyle = '#7950f2';
    values.forEach((value, place) => context.fillRect(place * width, high - high * value / most, Math.max(width - 0.5, 0.5), high * value / most));
    canvas.title = `Capacity with each filter of ${other}, up to ${most.toFixed(3)} bits`;
  };

  const picture = (cell, address, number) => {
    const image = make('img', '', cell);
    Object.assign(image, {src: address, alt: `Image ${number}`, title: `Image ${number}: look at it`});
    image.addEventListener('click', () => window.dash_clientside.set_props('focus', {data: number}));
  };

  const draw = async (host, shown, picked, numbers, focus, maps, back, profiles) => {
    host.replaceChildren();
    host.dataset.filters = JSON.stringify(picked.filters);
    host.dataset.epoch = maps.epoch;
    const methods = [...new Set(back.filter(Boolean).map(({method}) => method))];
    make('div', 'slicer-said', host, `Epoch ${maps.epoch}${methods.length ? `; carried back by ${methods.join(', ')}` : ''}`);
    const table = make('table', 'slicer-filters', host), head = make('tr', '', make('tbody', '', table));
    make('th', '', head);
    numbers.forEach((number) => {
      const cell = make('td', number === focus ? 'slicer-focused' : '', head);
      picture(cell, `/image/${shown.images}/${number}.png`, number);
      make('span', '', cell, String(number));
    });
    picked.filters.forEach(([layer, channel], place) => {
      const body = make('tbody', '', table), line = make('tr', '', body), title = make('th', '', line);
      make('b', '', title, `${layer}, filter ${channel}`);
      if (profiles[place]) strip(title, profiles[place]);
      const told = maps.rows[place], {shape, rows} = rowsOf(told);
      numbers.forEach((_, row) => {
        const canvas = make('canvas', '', make('td', '', line));
        grey(canvas, rows[row], shape);
        canvas.title = `Feature map, ${told.low.toFixed(3)} to ${told.high.toFixed(3)}`;
      });
      if (!back[place]) return;
      const behind = make('tr', '', body), {shape: whole, rows: pixels} = rowsOf(back[place].images);
      make('th', 'slicer-none', behind, 'carried back');
      numbers.forEach((_, row) => {
        const painted = make('canvas', '', make('td', '', behind));
        const values = Float32Array.from(pixels[row], (value) => (value - 127.5) / 127.5);
        darkroom.signed.paint(painted, flat(values, whole), [1, whole[1], whole[2]], 1);
        painted.title = back[place].blank[row] ? 'Nothing comes back: the map is 0' : 'The map, carried back to the image';
      });
    });
  };

  // Of channels the one of largest magnitude, pixel by pixel.
  const flat = (values, [channels, height, width]) => {
    const size = height * width, made = new Float32Array(size);
    for (let pixel = 0; pixel < size; pixel += 1) {
      for (let channel = 0; channel < channels; channel += 1) {
        const value = values[channel * size + pixel];
        if (Math.abs(value) > Math.abs(made[pixel])) made[pixel] = value;
      }
    }
    return made;
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawFeatureMaps(...asked) {
      last = asked;
      const [shown, picked, focus, selection, lookedAt, tab, epoch] = asked, keep = window.dash_clientside.no_update, mine = (turn += 1);
      if (lookedAt !== 'slicer-maps-panel') return keep;
      await new Promise(requestAnimationFrame);  // the panel has only just been laid out
      const host = document.getElementById('slicer-maps'), words = document.getElementById('slicer-maps-words');
      if (!host || mine !== turn) return keep;
      const isThere = shown && picked && picked.of === shown.key;
      if (words) words.style.display = isThere ? 'none' : '';
      if (!isThere) {
        host.replaceChildren();
        delete host.dataset.filters;
        return mine;
      }
      const at = darkroom.epochAt(shown.epochs, epoch ?? shown.epochs[shown.epochs.length - 1]), of = shown.epochs[at];
      const name = tab ?? 'page', {images, teacher} = shown, numbers = await imagesOf(shown, picked, focus, selection);
      const question = {images, teacher, epoch: of, numbers};
      const maps = await darkroom.ask('feature-maps', {...question, wanted: picked.filters}, `${name}-maps`).catch((error) => error);
      if (mine !== turn || !host.isConnected) return keep;
      if (maps instanceof Error) {
        host.textContent = maps.message;
        return mine;
      }
      const [back, profiles] = await Promise.all([
        Promise.all(picked.filters.map(([layer, channel], place) =>
          (layer === 'input' ? null : darkroom.ask('deconvolve', {...question, layer, channel}, `${name}-back-${place}`).catch(() => null)))),
        Promise.all(picked.filters.map((filter) => profileOf(shown, at, filter).catch(() => null))),
      ]);
      if (mine !== turn || !host.isConnected) return keep;
      await draw(host, shown, picked, numbers, focus, maps, back, profiles);
      return mine;
    },
  });

  window.addEventListener('darkroom-epoch', ({detail}) => last && window.dash_clientside.darkroom.drawFeatureMaps(...last.slice(0, 6), detail));
})();
