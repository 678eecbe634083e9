// Neighbours of the line: asked for when line, band or settings change, painted as a grid of tiles with what the teacher takes
// each for under it. One question is under way at a time; of those that come meanwhile the last is asked.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;

  const TILE = 44;  // px
  const CAPTION = 15;  // px
  const NAMED = 0.06;  // share of a label from which its name has room in the bar
  const RETRY = 1000;  // ms
  const REST = 500;  // ms without a move of the line: to decode hundreds of images would hold up the next move of a hand

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);
  const percent = (share) => `${(100 * share).toFixed(1)}%`;

  class NeighbourGrid extends darkroom.ImageGrid {
    isWrong(id) {
      return this.source.predicted[id] !== this.source.original;
    }

    describe(id) {
      const {classNames, predicted, confidence, own, original, distances} = this.source;
      const said = `${classNames[predicted[id]]}, ${percent(confidence[id])}`;
      const kept = this.isWrong(id) ? ` \u00b7 ${classNames[original]}, ${percent(own[id])}` : '';
      return `neighbour ${id} \u00b7 ${said}${kept} \u00b7 ${distances[id].toFixed(2)} half-widths away`;
    }

    paintMarks(first, end) {
      super.paintMarks(first, end);
      const {classNames, classColours, predicted} = this.source;
      for (let position = first; position < end; position += 1) {
        const label = predicted[this.ids[position]];
        this.painter.caption(position, classNames[label], CAPTION, classColours[label]);
      }
    }
  }

  let place = null;  // where it is drawn: the elements of the panel, and its grid
  let shown = null;  // the answer that is shown, its question, and what it was asked about
  let wanted = null;  // what is to be asked next
  let isFlying = false;
  let resting = null;  // the timer that waits for a hand to rest
  let turn = 0;

  const placeOn = (body) => {
    if (place?.body === body) return place;
    place?.grid.destroy();
    body.replaceChildren();
    const bar = make('div', 'neighbours-bar', body);
    bar.setAttribute('role', 'img');
    const said = make('div', 'neighbours-said', body);
    said.setAttribute('role', 'status');
    const host = make('div', 'neighbours-grid', make('div', 'neighbours-place', body));
    host.id = 'neighbours';
    host.setAttribute('aria-label', 'Neighbours');
    const foot = make('div', 'neighbours-foot', body);
    const told = make('span', 'neighbours-told', foot);
    const move = make('button', 'latent-there', foot, 'Move the line there');
    move.type = 'button';
    place = {body, bar, said, told, move, grid: new NeighbourGrid(host, {onFocus: choose, tileSize: TILE})};
    move.addEventListener('click', moveThere);
    darkroom.neighbours = place;  // for the page's tests, and for whoever opens the console
    return place;
  };

  new MutationObserver(() => place?.grid.refresh())
    .observe(document.documentElement, {attributes: true, attributeFilter: ['data-mantine-color-scheme']});

  const choose = (id) => {
    const isOne = id !== null && shown !== null;
    place.told.textContent = isOne ? place.grid.describe(id) : 'Click a tile to look at it.';
    place.move.hidden = !isOne;
  };

  // The codes travel only where somebody wants one of them.
  const moveThere = async () => {
    const {source, question} = shown, number = place.grid.focusId;
    const {images, vae, codes, centre, widths, count, distribution, seed} = question;
    place.move.disabled = true;
    try {
      const told = await darkroom.ask('neighbour-codes', {
        images, vae, codes, number: source.number, centre, widths, count, distribution, seed,
      });
      const values = new Float32Array(darkroom.bits.bytesOf(told.codes).buffer);
      const size = source.code.length;
      setProps('vae-line', {data: {of: source.id, values: Array.from(values.subarray(number * size, (number + 1) * size))}});
    } catch (error) {
      place.told.textContent = error.message;
    } finally {
      place.move.disabled = false;
    }
  };

  // ---- what is said of all of them ----

  const sentence = ({count, label_shares: shares, original, cut}, names) => {
    const kept = Math.round(count * shares[original]);
    const ends = cut ? ` On ${cut} ${cut > 1 ? 'axes' : 'axis'} the band ends with the images\u2019 own codes.` : '';
    if (kept === count) {
      return `All ${count.toLocaleString('en')} keep the label ${names[original]}: normal where the teacher is sure; widen the `
        + `band to see where it changes.${ends}`;
    }
    if (Math.max(...shares) === 1) {
      return `All ${count.toLocaleString('en')} are taken for ${names[shares.indexOf(1)]}, not for ${names[original]} as the image `
        + `itself.${ends}`;
    }
    return `${kept.toLocaleString('en')} of ${count.toLocaleString('en')} keep the image\u2019s label, ${names[original]}.${ends}`;
  };

  const drawBar = ({label_shares: shares}, {names, colours}) => {
    const order = shares.map((_, label) => label).filter((label) => shares[label] > 0).sort((a, b) => shares[b] - shares[a]);
    const words = order.map((label) => `${names[label]} ${percent(shares[label])}`);
    place.bar.setAttribute('aria-label', `Labels: ${words.join(', ')}`);
    place.bar.replaceChildren(...order.map((label, number) => {
      const part = make('span', 'neighbours-share', null, shares[label] >= NAMED ? words[number] : '');
      part.style.cssText = `flex-grow:${shares[label]};--colour:${colours[label]}`;
      part.title = words[number];
      return part;
    }));
  };

  // ---- drawing ----

  const say = (body, words, text) => {
    body.hidden = Boolean(text);
    words.style.display = text ? '' : 'none';
    words.textContent = text;
  };

  const draw = async (answer, question, source, began) => {
    const bytes = darkroom.bits.bytesOf(answer.page);
    const page = await createImageBitmap(new Blob([bytes], {type: answer.media_type}));
    const body = document.getElementById('neighbours-body');
    if (!body || source.id !== darkroom.latent.source?.id) return page.close();
    say(body, document.getElementById('neighbours-words'), '');
    const {grid, said} = placeOn(body);
    const numbers = (name, Kind) => new Kind(darkroom.bits.bytesOf(answer[name]).buffer);
    shown = {answer, question, source, own: numbers('own', Float32Array), distances: numbers('distances', Float32Array)};
    turn += 1;
    grid.setFocus(null);
    choose(null);
    said.textContent = sentence(answer, source.names);
    drawBar(answer, source);
    grid.setSource({
      key: `neighbours ${turn}`,
      page,
      pages: 1,
      tilesPerRow: answer.columns,
      tileWidth: answer.tile_width,
      tileHeight: answer.tile_height,
      caption: CAPTION,
      classNames: source.names,
      classColours: source.colours,
      original: answer.original,
      predicted: numbers('top', Int16Array),
      confidence: numbers('shares', Float32Array),
      own: shown.own,
      distances: shown.distances,
    });
    arrange();
    grid.frame();
    Object.assign(grid.host.dataset, {turn, took: Math.round(performance.now() - began)});
    setProps('neighbours-asked', {data: question});
    showPlaces();
  };

  // Where they lie on the DarkSight map, which places what the teacher says of them. They are painted by now: nobody waits for it.
  // On other maps hundreds of images would have to be looked for among all, which would hold up a hand.
  const showPlaces = async () => {
    if (!shown) return;
    const {question, source} = shown, maps = darkroom.shownMaps(source.images, 'darksight');
    if (!maps.length) return;
    const here = shown;
    try {
      const {places} = await darkroom.ask('neighbour-places', {...question, maps});
      if (here !== shown || wanted) return;
      const points = Object.entries(places).map(([map, spots]) => [map, spots.filter(Boolean)]);
      darkroom.hollow('neighbour', Object.fromEntries(points), place.body);
    } catch {
      // the neighbours themselves are there; the next ones are asked for anew
    }
  };

  window.addEventListener('darkroom-drawn', showPlaces);  // another map

  let sort = 'drawn';

  const arrange = () => {
    const order = Uint32Array.from({length: shown.answer.count}, (_, number) => number);
    const values = {distance: shown.distances, probability: shown.own}[sort];
    if (values) order.sort((a, b) => values[a] - values[b] || a - b);
    place.grid.setIds(order);
  };

  const ask = async () => {
    if (isFlying) return;
    isFlying = true;
    while (wanted) {
      const {question, source} = wanted, began = performance.now();
      wanted = null;
      try {
        const answer = await darkroom.ask('neighbours', question);
        if (!wanted) await draw(answer, question, source, began);
      } catch (error) {
        const body = document.getElementById('neighbours-body');
        if (wanted || !body) continue;
        forget();
        say(body, document.getElementById('neighbours-words'), error.message);
        if (error.status === 503 || !error.status) {  // the server or its workers are away
          wanted = {question, source};
          await new Promise((resume) => setTimeout(resume, RETRY));
        }
      }
    }
    isFlying = false;
  };

  // Whether the one question is the other of another line or band.
  const isMoved = (one, other) => {
    const fixed = ({centre, widths, ...more}) => JSON.stringify(more);
    return fixed(one) === fixed(other);
  };

  const rest = () => {
    clearTimeout(resting);
    resting = setTimeout(() => {
      resting = null;
      ask();
    }, REST);
  };

  darkroom.latent.addEventListener('line', () => resting !== null && rest());

  const forget = () => {
    shown = null;
    darkroom.hollow('neighbour', {});
    setProps('neighbours-asked', {data: null});
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawNeighbours(deck, source, line, band, residual, count, distribution, seed, sorted) {
      const keep = window.dash_clientside.no_update;
      const body = deck === 'neighbours-panel' ? await darkroom.element('neighbours-body') : null;
      if (!body) {  // another panel is looked at
        wanted = shown = null;
        darkroom.hollow('neighbour', {});
        return keep;
      }
      if (!source) {
        wanted = null;
        forget();
        say(body, document.getElementById('neighbours-words'), 'Neighbours appear with the line and its band.');
        return keep;
      }
      const isSorted = sorted !== sort;
      sort = sorted;
      if (isSorted && shown && place?.body === body) {
        arrange();
        return keep;
      }
      if (![count, seed].every(Number.isInteger)) return keep;  // somebody types
      if (line?.of !== source.id || band?.of !== source.id) return keep;  // the axes tell of them in a moment
      const {images, teacher, epoch, vae, codes, number} = source;
      const question = {
        images, teacher, epoch, vae, codes, number, residual: Boolean(residual), count, distribution, seed,
        centre: line.values, widths: band.below.map((below, axis) => [below, band.above[axis]]),
      };
      wanted = {question, source};
      if (shown && isMoved(question, shown.question)) rest();
      else ask();
      return keep;
    },

    nextSeed: (clicks, seed) => (clicks ? (Number.isInteger(seed) ? seed : 0) + 1 : window.dash_clientside.no_update),
  });
})();
