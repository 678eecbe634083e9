// The card beside a point that is hovered: its picture, what it is and is taken for, the likeliest classes of teacher and
// student. It knows nothing of how points are drawn.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;

  const SIDE = 48;  // px of the picture
  const AWAY = 16;  // px from the pointer
  const EDGE = 4;  // px that stay free at an edge
  const PATIENCE = 80;  // ms that one image is hovered before its numbers are asked for, where each is asked for by itself

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

  // Where a card goes, as [left, top] in px of the window: beside the pointer, within `bounds` if it has room there without
  // covering the pointer, else within the window. Sizes are {width, height}, bounds {left, top, right, bottom}. A window that
  // has no room for both shows what it can.
  const placeCard = ([x, y], {width, height}, bounds, view) => {
    const window_ = {left: 0, top: 0, right: view.width, bottom: view.height};
    const within = ({left, top, right, bottom}) => {
      const [low, high] = [top + EDGE, bottom - EDGE - height];
      const across = high >= low ? clamp(y - height / 2, low, high) : null;
      if (across !== null && x + AWAY + width <= right - EDGE) return [x + AWAY, across];
      if (across !== null && x - AWAY - width >= left + EDGE) return [x - AWAY - width, across];
      const [first, last] = [left + EDGE, right - EDGE - width];
      if (last < first) return null;
      const along = clamp(x - width / 2, first, last);
      if (y + AWAY + height <= bottom - EDGE) return [along, y + AWAY];
      return y - AWAY - height >= top + EDGE ? [along, y - AWAY - height] : null;
    };
    const inside = {
      left: Math.max(bounds.left, 0), top: Math.max(bounds.top, 0),
      right: Math.min(bounds.right, view.width), bottom: Math.min(bounds.bottom, view.height),
    };
    return within(inside) ?? within(window_) ?? [x + AWAY, clamp(y - height / 2, 0, Math.max(0, view.height - height))];
  };

  class HoverCard {
    // `origin`: what the host's own `darkroom-hover` events name as theirs; the card then comes and goes with them, beside the
    // pointer. Without one it is told by `show` and `hide`. `over`: it stands over the place that it is told, if there is room.
    constructor(host, {origin = null, over = false} = {}) {
      Object.assign(this, {host, over, source: null, pictures: null, id: null, turn: 0, pointer: null, place: null});
      this.build();
      this.listening = new AbortController();
      const {signal} = this.listening;
      if (origin === null) return;
      host.addEventListener('pointermove', ({clientX, clientY}) => this.follow([clientX, clientY]), {signal, capture: true});
      host.addEventListener('pointerdown', () => this.hide(), {signal, capture: true});  // something is being drawn
      window.addEventListener('darkroom-hover', ({detail}) => {
        if (detail.origin !== origin) return;
        if (detail.id === null || !this.pointer) this.hide();
        else this.showAt(detail.id, this.pointer);
      }, {signal});
      host.addEventListener('pointerleave', () => this.hide(), {signal});
    }

    destroy() {
      this.hide();
      this.listening.abort();
      this.pictures?.close();
      this.box.remove();
    }

    // `source` has `map`, `images`, `predictions` (result keys), `count`, `labels` (whether they are known), `class_names`,
    // `colours` and `atlas` (or null), or is null: then nothing is shown.
    setSource(source) {
      if (source?.images !== this.source?.images) {
        this.pictures?.close();
        this.pictures = source?.atlas ? new darkroom.Thumbnails(darkroom.atlasOf(source), () => this.paint()) : null;
      }
      if (source?.map !== this.source?.map) this.hide();
      this.source = source;
      this.box.classList.toggle('hover-card-plain', !source?.atlas);
    }

    // An image, beside the point `at`, in px from the host's top left corner; perhaps with a line of words more.
    show(id, at, words = '') {
      const {left, top} = this.host.getBoundingClientRect();
      this.showAt(id, [left + at[0], top + at[1]], words);
    }

    hide() {
      clearTimeout(this.waiting);
      this.turn += 1;
      this.id = null;
      if (this.box.matches(':popover-open')) this.box.hidePopover();
    }

    // ---- inside ----

    showAt(id, place, words = '') {
      const {source} = this;
      if (!source || id < 0 || id >= source.count || !this.host.isConnected) return this.hide();
      this.place = place;
      if (id !== this.id) {
        this.id = id;
        this.turn += 1;
        this.fill(this.turn);
      }
      this.words.textContent = words;
      if (!this.box.isConnected) this.host.append(this.box);
      if (!this.box.matches(':popover-open')) this.box.showPopover();
      this.put();
    }

    follow(pointer) {
      this.pointer = pointer;
      if (this.id === null) return;
      this.place = pointer;
      this.put();
    }

    put() {
      const {width, height} = this.box.getBoundingClientRect();
      const {clientWidth, clientHeight} = document.documentElement;
      const {place: [x, y], over} = this;
      const [left, top] = over && y - EDGE - height >= EDGE
        ? [clamp(x - width / 2, EDGE, Math.max(EDGE, clientWidth - EDGE - width)), y - EDGE - height]
        : placeCard([x, y], {width, height}, this.host.getBoundingClientRect(), {width: clientWidth, height: clientHeight});
      Object.assign(this.box.style, {left: `${Math.round(left)}px`, top: `${Math.round(top)}px`});
    }

    // What is known at once, then what has to be fetched; rows that are not known yet keep their places.
    async fill(turn) {
      const {source, id} = this;
      this.number.textContent = `image ${id.toLocaleString('en')}`;
      this.true.textContent = this.taken.textContent = '';
      this.taken.classList.remove('hover-card-wrong');
      for (const {rows} of this.sides) rows.forEach((row) => this.write(row, null));
      this.paint();
      const isCurrent = () => turn === this.turn && this.source === source;
      const [labels, predicted] = await Promise.all([
        source.labels ? darkroom.array(source.images, 'labels') : null, darkroom.array(source.predictions, 'predicted'),
      ]).catch(() => [null, null]);
      if (!isCurrent() || !predicted) return;
      const name = (number) => source.class_names[number];
      this.true.textContent = labels ? `true ${name(labels[id])}` : '';
      this.taken.textContent = `predicted ${name(predicted[id])}`;
      this.taken.classList.toggle('hover-card-wrong', Boolean(labels) && labels[id] !== predicted[id]);
      if (source.count > darkroom.mostTops) {
        await new Promise((resume) => { this.waiting = setTimeout(resume, PATIENCE); });
      }
      const tops = isCurrent() && await darkroom.topsOf(source, id).catch(() => null);
      if (!tops || !isCurrent()) return;
      for (const {who, rows} of this.sides) rows.forEach((row, place) => this.write(row, tops[who][place]));
    }

    write({name, bar, share}, pair) {
      const {source} = this;
      name.textContent = pair ? source.class_names[pair[0]] : '';
      share.textContent = pair ? darkroom.percentOf(pair[1]) : '';
      bar.style.width = `${pair ? 100 * pair[1] : 0}%`;
      bar.style.background = pair ? source.colours[pair[0]] : '';
    }

    paint() {
      const {pictures, canvas, id} = this;
      if (!pictures || id === null) return;
      const {tileWidth, tileHeight} = pictures.source;
      const ratio = window.devicePixelRatio || 1;
      const zoom = SIDE * ratio / Math.max(tileWidth, tileHeight);
      const [width, height] = [Math.round(tileWidth * zoom), Math.round(tileHeight * zoom)];
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
      Object.assign(canvas.style, {width: `${width / ratio}px`, height: `${height / ratio}px`});
      const style = getComputedStyle(this.box);
      const colours = {muted: style.getPropertyValue('--darkroom-muted'), text: style.getPropertyValue('--darkroom-text')};
      pictures.fit(width, height, 64);  // those seen last come back at once
      pictures.gather(Uint32Array.of(id));
      pictures.paint(canvas.getContext('2d'), id, 0, 0, colours);
    }

    build() {
      this.box = Object.assign(make('div', 'hover-card'), {popover: 'manual'});
      const head = make('div', 'hover-card-head', this.box);
      this.canvas = make('canvas', '', make('div', 'hover-card-picture', head));
      const facts = make('div', 'hover-card-facts', head);
      [this.number, this.true, this.taken] = ['hover-card-number', '', ''].map((className) => make('div', className, facts));
      const table = make('div', 'hover-card-table', this.box);
      this.sides = ['teacher', 'student'].map((who) => {
        const side = make('div', 'hover-card-side', table);
        make('div', 'hover-card-who', side, who);
        const rows = Array.from({length: 3}, () => {
          const row = make('div', 'hover-card-row', side);
          const name = make('span', 'hover-card-name', row);
          const bar = make('i', '', make('span', 'hover-card-bar', row));
          return {name, bar, share: make('span', 'hover-card-share', row)};
        });
        return {who, rows};
      });
      this.words = make('div', 'hover-card-words', this.box);
    }
  }

  // Where the thumbnails of a set of images are, as `Thumbnails` takes it.
  const atlasOf = ({images, atlas}) => ({
    key: images, tileWidth: atlas.tile_width, tileHeight: atlas.tile_height, pages: atlas.n_pages, tilesPerRow: 32,
    tilesPerPage: 1024, pageUrl: (page) => `/atlas/${images}/${page}`,
  });

  // "97.3%"; what is neither none nor all is told from them.
  const percentOf = (share) => (share > 0 && share < 0.001 ? '<0.1%' : share < 1 && share >= 0.9995 ? '>99.9%' : `${(100 * share).toFixed(1)}%`);

  Object.assign(darkroom, {HoverCard, placeCard, atlasOf, percentOf});
})();
