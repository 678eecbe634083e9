// The predictions along a bridge, on one canvas that is zoomed and scrolled to the side; linked with the other views.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const ORIGIN = 'bridge';
  const COLOURS = ['surface', 'muted', 'text', 'soft', 'accent', 'wrong'];
  const ZOOM = 1.3;  // by a key

  const make = (tag, className, parent) => parent.appendChild(Object.assign(document.createElement(tag), {className}));

  class Bridge {
    // `onFocus` is told the image that is to be looked at, `onAsk` one of which the column is not known here.
    constructor(host, {onFocus, onAsk}) {
      Object.assign(this, {host, onFocus, onAsk, source: null, images: null, columns: null, pictures: null});
      Object.assign(this, {focusId: null, focused: -1, hovered: -1, pointedId: null, pointer: null});
      this.build();
      this.listen();
      this.refresh();
    }

    destroy() {
      this.listening.abort();
      this.resizes.disconnect();
      cancelAnimationFrame(this.frameRequest);
      this.leave();
      this.pictures?.close();
      this.card.destroy();
      this.tip.remove();
      this.host.replaceChildren();
    }

    // ---- what the page tells it ----

    // `source` is what the server says of the bridge, or null; `images` of the map and its images; `found` the column of an
    // image that was asked for.
    show(source, images, focusId, found) {
      if (images?.images !== this.images?.images) {
        this.pictures?.close();
        this.pictures = images?.atlas ? new darkroom.Thumbnails(darkroom.atlasOf(images), () => this.schedule()) : null;
      }
      if (images !== this.images) this.card.setSource(images);
      this.images = images;
      if (source !== this.source) {
        this.source = source;
        this.leave();
        this.columns = source && new darkroom.BridgeColumns(source);
        this.scroll.scrollLeft = 0;
        this.layout();
      }
      this.scroll.style.display = source && images ? '' : 'none';
      this.focus(focusId, found);
      this.schedule();
    }

    focus(id, found) {
      const {columns} = this;
      const isNew = id !== this.focusId;
      this.focusId = id;
      const before = this.focused;
      this.focused = columns && id !== null ? columns.ids.indexOf(id) : -1;
      if (columns?.isMean && id !== null && this.focused < 0) {
        if (found?.image === id) this.focused = found.column ?? -1;
        else if (isNew || this.askedOf !== columns) this.onAsk(id);
        this.askedOf = columns;
      }
      if (this.focused >= 0 && this.focused !== before) this.reveal(this.focused);
      this.announce();
    }

    refresh() {
      const style = getComputedStyle(this.host);
      const colours = Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--darkroom-${name}`).trim()]));
      this.painter.dress({...colours, others: style.getPropertyValue('--bridge-others').trim()}, style.fontFamily);
      this.schedule();
    }

    // ---- where things are ----

    layout() {
      const {scroll, columns, painter, canvas} = this;
      const {clientWidth: width, clientHeight: height} = this.host;
      if (!columns || !width || !height || !this.images) return;
      const {atlas} = this.images;
      const ratio = window.devicePixelRatio || 1;
      columns.fit(Math.max(1, width - 44));
      this.track.style.width = `${width + columns.width * columns.columns - columns.room}px`;
      const inside = scroll.clientHeight || height;  // without the scroll bar
      painter.fit(width, inside, ratio, atlas && {tileWidth: atlas.tile_width, tileHeight: atlas.tile_height}, columns.columns);
      Object.assign(canvas.style, {width: `${width}px`, height: `${inside}px`});
      const [across, down] = [Math.round(width * ratio), Math.round(inside * ratio)];
      if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, {width: across, height: down});
      this.schedule();
    }

    // Zooms so that what is at `x`, in px of the plot, stays there.
    zoomAt(x, zoom) {
      const {columns, scroll} = this;
      const before = columns.width;
      const at = (scroll.scrollLeft + x) / before;
      columns.zoomTo(zoom);
      if (columns.width === before) return false;
      this.layout();
      scroll.scrollLeft = at * columns.width - x;
      return true;
    }

    reveal(column) {
      const {columns: {width, room}, scroll} = this;
      const [left, right] = [column * width, (column + 1) * width];
      if (left < scroll.scrollLeft) scroll.scrollLeft = left;
      else if (right > scroll.scrollLeft + room) scroll.scrollLeft = right - room;
    }

    // The column under the pointer, or -1.
    columnUnder({x, y}) {
      const box = this.canvas.getBoundingClientRect();
      const inPlot = x - box.left - this.painter.plotLeft;
      if (!this.columns || inPlot < 0 || inPlot >= this.columns.room || y < box.top + this.painter.top - 4 || y > box.bottom) return -1;
      return this.overThumbnail(inPlot, y - box.top) ?? this.columns.columnAt(inPlot + this.scroll.scrollLeft);
    }

    // A thumbnail stands for its own column, be it that another is above it.
    overThumbnail(x, y) {
      const {painter: {slots, tilesTop, tileWidth, tileHeight}, pictures} = this;
      if (!pictures || y < tilesTop || y > tilesTop + tileHeight + 3) return undefined;
      return slots?.find(([, left]) => x >= left && x < left + tileWidth)?.[0];
    }

    // ---- painting ----

    schedule() {
      this.frameRequest ??= requestAnimationFrame(() => {
        this.frameRequest = undefined;
        if (this.host.isConnected) this.paint(this.canvas.getContext('2d', {alpha: false}));
      });
    }

    paint(context) {
      const {columns, images, pictures, focused, hovered, pointedId, host} = this;
      if (!columns || !images || !this.painter.room || !host.clientHeight) return;
      const {shown, came, inView} = this.painter.paint(context, {
        columns, pictures, focused, hovered, pointed: pointedId === null ? -1 : columns.ids.indexOf(pointedId),
        offset: this.scroll.scrollLeft, colours: images.colours, classNames: images.class_names,
      });
      Object.assign(host.dataset, {columns: columns.columns, thumbnails: shown, ready: came === shown, inView});
      host.dataset.notes = this.painter.notes({shown, inView});
      this.scroll.setAttribute('aria-description', host.dataset.notes);
    }

    // What is painted now, as SVG.
    svg() {
      const {canvas, painter: {ratio}} = this;
      const context = new darkroom.SvgContext(canvas.width, canvas.height, ratio);
      this.paint(context);
      return context.text();
    }

    // ---- pointer and keyboard ----

    point(event) {
      const column = event ? this.columnUnder(event) : -1;
      this.canvas.style.cursor = column < 0 ? 'default' : 'pointer';
      if (column < 0) return this.leave();
      if (column !== this.hovered) {
        this.hovered = column;
        this.tell(this.columns.ids[column]);
        this.schedule();
      }
      const box = this.host.getBoundingClientRect();
      if (this.columns.isMean) this.tip.show(this.meanWords(column), event, this.host.offsetParent || document.body);
      else this.card.show(this.columns.ids[column], [event.x - box.left, 0], this.placeWords(column));
    }

    leave() {
      if (this.hovered < 0) return;
      this.hovered = -1;
      this.card.hide();
      this.tip.hide();
      this.tell(null);
      this.schedule();
    }

    tell(id) {
      window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: ORIGIN}}));
    }

    placeWords(column) {
      const {columns: {along, length, columns}} = this;
      const digits = Math.max(0, 2 - Math.floor(Math.log10(length)));
      return `${along[column].toFixed(digits)} along, ${(column + 1).toLocaleString('en')} of ${columns.toLocaleString('en')}`;
    }

    // Shares come in tints: they are about as great.
    meanWords(column) {
      const {columns, images: {class_names: names}} = this;
      const shares = columns.sharesOf(column).map((share, number) => [share, names[columns.named[number]]])
        .filter(([share]) => share >= 0.01).sort(([a], [b]) => b - a).slice(0, 3);
      const wrong = columns.wrong ? `, ${columns.wrong[column]} wrong` : '';
      const about = shares.map(([share, name]) => `${name} \u2248 ${Math.round(100 * share)}%`).join(', ');
      return `mean of ${columns.sizeOf(column)} images${wrong}: ${about} \u00b7 image ${columns.ids[column]} in the middle`;
    }

    walk(column) {
      this.onFocus(this.columns.ids[column]);
    }

    key(event) {
      const {columns, focused, scroll} = this;
      if (!columns || event.ctrlKey || event.altKey || event.metaKey) return;
      const last = columns.columns - 1;
      const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
      const first = columns.inView(scroll.scrollLeft)[0];
      const target = {
        ArrowLeft: focused < 0 ? first : Math.max(0, focused + step), ArrowRight: focused < 0 ? first : Math.min(last, focused + step),
        Home: 0, End: last,
      }[event.key];
      const zoom = {'+': columns.zoom * ZOOM, '-': columns.zoom / ZOOM, 0: 1}[event.key];
      if (target === undefined && zoom === undefined) return;
      event.preventDefault();
      if (target !== undefined) this.walk(target);
      else {
        const middle = focused < 0 ? columns.room / 2 : (focused + 0.5) * columns.width - scroll.scrollLeft;
        this.zoomAt(Math.max(0, Math.min(middle, columns.room)), zoom);
      }
    }

    wheel(event) {
      if (!this.columns || event.ctrlKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      const x = event.clientX - this.canvas.getBoundingClientRect().left - this.painter.plotLeft;
      const room = Math.max(0, Math.min(x, this.columns.room));
      if (this.zoomAt(room, this.columns.zoom * Math.exp(-event.deltaY * [1, 16, 100][event.deltaMode] / 400))) event.preventDefault();
      this.point(event);
    }

    // What a screen reader says of the column of the focused image.
    announce() {
      const {columns, focused, images, scroll} = this;
      const has = Boolean(columns && images) && focused >= 0;
      this.option.textContent = has ? `image ${this.focusId}: ${this.placeWords(focused)}, likeliest ${images.class_names[columns.likeliest[focused]]}` : '';
      this.option.setAttribute('aria-setsize', columns?.columns ?? 0);
      this.option.setAttribute('aria-posinset', focused + 1);
      if (has) scroll.setAttribute('aria-activedescendant', this.option.id);
      else scroll.removeAttribute('aria-activedescendant');
    }

    // ---- wiring ----

    build() {
      const {host} = this;
      host.replaceChildren();
      this.scroll = make('div', 'bridge-scroll', host);
      Object.assign(this.scroll, {tabIndex: 0, role: 'listbox', ariaLabel: 'Predictions along the bridge'});
      this.track = make('div', 'bridge-track', this.scroll);
      this.view = make('div', 'bridge-view', this.track);
      this.canvas = make('canvas', '', this.view);
      this.option = Object.assign(make('div', 'bridge-said', this.view), {id: 'bridge-option', role: 'option', ariaSelected: 'true'});
      this.painter = new darkroom.BridgePainter();
      this.tip = new darkroom.Tip();
      this.card = new darkroom.HoverCard(host, {over: true});
    }

    listen() {
      this.listening = new AbortController();
      const on = (target, type, react, options) => target.addEventListener(type, react, {signal: this.listening.signal, ...options});
      on(this.scroll, 'scroll', () => this.schedule(), {passive: true});
      on(this.scroll, 'wheel', (event) => this.wheel(event), {passive: false});
      on(this.scroll, 'pointermove', (event) => this.point(event));
      on(this.scroll, 'pointerleave', () => this.point(null));
      on(this.scroll, 'click', (event) => {
        const column = this.columnUnder(event);
        if (column >= 0) this.walk(column);
      });
      on(this.scroll, 'keydown', (event) => this.key(event));
      on(window, 'resize', () => this.layout());
      on(window, 'darkroom-hover', ({detail: {id, origin}}) => {
        if (origin === ORIGIN || id === this.pointedId) return;
        this.pointedId = id;
        this.schedule();
      });
      // A host that was taken out of the page shrinks to nothing.
      this.resizes = new ResizeObserver(() => (this.host.isConnected ? this.layout() : this.destroy()));
      this.resizes.observe(this.host);
      const scheme = new MutationObserver(() => this.refresh());
      scheme.observe(document.documentElement, {attributes: true, attributeFilter: ['data-mantine-color-scheme']});
      this.listening.signal.addEventListener('abort', () => scheme.disconnect());
    }
  }

  darkroom.Bridge = Bridge;
})();
