// One canvas that shows thumbnails of the images whose ids it is told, or cards, however many there are.
(() => {
  const FALLBACK_COLOURS = {
    surface: '#ffffff', muted: '#d0d4da', text: '#20242a', soft: '#646876', accent: '#1c7ed6', wrong: '#e03131',
  };
  const HIDDEN = 'position:absolute;left:0;top:0;width:1px;height:1px;overflow:hidden;'
    + 'clip-path:inset(50%);white-space:nowrap';

  let gridsMade = 0;

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

  const element = (tag, style, parent) => {
    const made = document.createElement(tag);
    made.style.cssText = style;
    if (parent) parent.append(made);
    return made;
  };

  class ImageGrid {
    constructor(host, {onFocus = () => {}, onHover = () => {}, tileSize = 56} = {}) {
      Object.assign(this, {host, onFocus, onHover, tileSize, source: null, pictures: null});
      Object.assign(this, {ids: new Uint32Array(0), focusId: null, cursor: -1, hoverId: null, pointer: null});
      Object.assign(this, {pointedId: null, pointed: -1});  // an image that is hovered in another view, and where it is
      Object.assign(this, {tiles: new window.darkroom.TileLayout(), tip: new window.darkroom.Tip(), sentScrollTop: 0});
      this.build();
      this.listen();
      this.refresh();
    }

    // ---- what the page tells it ----

    // A source with colours of classes has no pictures.
    setSource(source) {
      if (source.key !== this.source?.key) {
        this.pictures?.close();
        this.pictures = source.colours ? new window.darkroom.Cards(source)
          : new window.darkroom.Thumbnails(source, () => this.schedule());
      }
      this.source = this.pictures.source = {tilesPerRow: 32, tilesPerPage: 1024, ...source};
      this.layout();
      this.announce();
    }

    // Images in the order in which they are shown, in sections as a `TileLayout` takes them.
    setIds(ids, sections = ids.length ? [{count: ids.length}] : []) {
      if (ids === this.told) return;  // to compare a million takes longer than to paint those in view
      this.told = ids;
      const next = new Uint32Array(ids);
      // An echo of the same list must not throw the reader back to the top.
      const names = JSON.stringify(sections);
      const same = names === this.names && next.length === this.ids.length && next.every((id, i) => id === this.ids[i]);
      if (same) return;
      Object.assign(this, {ids: next, names});
      this.host.dataset.count = next.length;
      this.cursor = this.positionOf(this.focusId);
      this.pointed = this.positionOf(this.pointedId);
      this.tiles.begin(sections);
      this.layout();
      this.announce();
    }

    // Rings the image that is hovered in another view; null for none. Nothing is scrolled.
    pointAt(id) {
      if (id === this.pointedId) return;
      this.pointedId = id;
      this.pointed = this.positionOf(id);
      this.schedule();
    }

    setFocus(id, {scroll = true} = {}) {
      this.focusId = id === null || id === undefined ? null : Number(id);
      // An id may be listed twice: the cursor stays on the copy that was walked to.
      if (this.ids[this.cursor] !== this.focusId) this.cursor = this.positionOf(this.focusId);
      this.revealPending = scroll;
      this.reveal();
      this.announce();
      this.schedule();
    }

    setTileSize(px) {
      this.tileSize = clamp(px, 8, 1024);
      this.layout();
    }

    refresh() {
      const style = getComputedStyle(this.host);
      this.colours = {};
      for (const [name, fallback] of Object.entries(FALLBACK_COLOURS)) {
        this.colours[name] = style.getPropertyValue(`--darkroom-${name}`).trim() || fallback;
      }
      this.painter.dress(this.colours, style.fontFamily);
      this.pictures?.forgive();
      this.schedule();
    }

    destroy() {
      this.destroyed = true;
      this.listening.abort();
      this.resizes.disconnect();
      cancelAnimationFrame(this.frameRequest);
      this.pictures?.close();
      this.tip.remove();
      this.track.remove();
      this.host.removeAttribute('aria-activedescendant');
      for (const name of ['count', 'painted', 'ready', 'error']) delete this.host.dataset[name];
    }

    // ---- where it is, in CSS px of the host's visible box ----

    rectOf(id) {
      const position = this.positionOf(id);
      if (position < 0 || !this.source) return null;
      const {tileWidth: width, tileHeight: height} = this.tiles;
      return {...this.tiles.cornerOf(position), width, height};
    }

    positionOf(id) {
      return id === null ? -1 : this.ids.indexOf(id);
    }

    layout() {
      this.host.dataset.ready = 'false';
      const {source, host, ids, tiles} = this;
      const {clientWidth, clientHeight} = host;
      this.view.style.display = source && ids.length ? '' : 'none';
      // A hidden panel has no size; what was laid out before still holds when it comes back.
      if (!source || !clientWidth || !clientHeight) return this.schedule();
      tiles.fit(clientWidth, clientHeight, this.tileSize, source);
      this.track.style.height = `${tiles.trackHeight}px`;
      this.view.style.width = `${tiles.viewWidth}px`;
      this.view.style.height = `${tiles.viewHeight}px`;
      this.painter.fit(tiles);
      this.scrollTo(tiles.offset);
      this.reveal();
      this.schedule();
    }

    // ---- scrolling ----

    scrollTo(offset) {
      this.tiles.scrollTo(offset);
      this.host.scrollTop = this.tiles.offset / this.tiles.scale;
      // Read back because the browser rounds: this is how followScroll knows its own echo.
      this.sentScrollTop = this.host.scrollTop;
    }

    scrollOn(offset) {
      this.scrollTo(offset);
      this.noteScroll();
    }

    noteScroll() {
      this.tiles.dropAnchor();
      this.host.dataset.ready = 'false';
      this.schedule();
    }

    followScroll() {
      const {scrollTop} = this.host;
      if (!this.source || Math.abs(scrollTop - this.sentScrollTop) < 1) return;
      this.sentScrollTop = NaN;
      this.tiles.scrollTo(scrollTop * this.tiles.scale);
      this.noteScroll();
    }

    // On a shortened track one wheel notch would skip whole screens: move by true pixels instead.
    wheel(event) {
      const {scale, offset, pitchY, viewHeight} = this.tiles;
      if (scale === 1 || event.ctrlKey || !event.deltaY) return;
      event.preventDefault();
      this.scrollOn(offset + event.deltaY * [1, pitchY, viewHeight][event.deltaMode]);
    }

    reveal() {
      if (!this.revealPending || this.cursor < 0 || !this.tiles.viewHeight) return;
      this.revealPending = false;
      const offset = this.tiles.offsetShowing(this.cursor);
      if (offset !== this.tiles.offset) this.scrollOn(offset);
    }

    // ---- painting ----

    schedule() {
      if (this.destroyed) return;
      this.frameRequest ??= requestAnimationFrame(() => this.frame());
    }

    frame() {
      cancelAnimationFrame(this.frameRequest);
      this.frameRequest = undefined;
      this.followPointer();
      this.paint();
    }

    paint() {
      const {source, ids} = this;
      if (!source || !this.tiles.viewHeight || !ids.length) return this.report(0, Boolean(source) && !ids.length);
      // A hidden panel loads nothing.
      if (!this.host.clientHeight) return;
      const [first, end] = this.tiles.visible();
      const painted = this.painter.paint(this.pictures, ids, first, end);
      this.paintMarks(first, end);
      this.report(painted, painted === end - first);
    }

    report(painted, ready) {
      this.host.dataset.painted = painted;
      this.host.dataset.ready = ready;
      if (this.pictures?.error) this.host.dataset.error = this.pictures.error;
      else delete this.host.dataset.error;
    }

    paintMarks(first, end) {
      const {painter, pointed, cursor} = this;
      for (let position = first; position < end; position += 1) {
        if (this.isWrong(this.ids[position])) painter.ring(position, -1, 2, 'wrong');
      }
      if (this.hoverPosition >= first) painter.ring(this.hoverPosition, 1, 1, 'text');
      if (pointed >= first && pointed < end) painter.ring(pointed, 1, 2, 'text');
      if (cursor >= first && cursor < end) painter.ring(cursor, 0, 3, 'accent');
    }

    // ---- what an image is called ----

    isWrong(id) {
      const {trueLabels, predicted} = this.source;
      return Boolean(trueLabels && predicted) && trueLabels[id] >= 0 && trueLabels[id] !== predicted[id];
    }

    describe(id) {
      const {trueLabels, predicted, confidence, entropy, classNames} = this.source;
      const name = (labels) => String(classNames?.[labels[id]] ?? labels[id] ?? '?');
      const parts = [`#${id}`, [trueLabels, predicted].filter(Boolean).map(name).join(' → ')];
      if (predicted && confidence && confidence[id] >= 0) parts.push(`${Math.round(100 * confidence[id])} %`);
      if (entropy) parts.push(`${entropy[id].toFixed(2)} bits`);
      return parts.filter(Boolean).join(' · ');
    }

    announce() {
      const {host, option, cursor} = this;
      const shown = this.source && cursor >= 0;
      // Only the grid the reader is in speaks; the others follow the shared focus silently.
      option.setAttribute('aria-live', document.activeElement === host ? 'polite' : 'off');
      const group = shown && this.tiles.sectionOf(cursor).name;
      option.textContent = shown ? [this.describe(this.focusId), group].filter(Boolean).join(' · ') : '';
      option.setAttribute('aria-setsize', this.ids.length);
      option.setAttribute('aria-posinset', cursor + 1);
      if (shown) host.setAttribute('aria-activedescendant', option.id);
      else host.removeAttribute('aria-activedescendant');
    }

    // ---- pointer and keyboard ----

    followPointer() {
      const position = this.pointer ? this.tiles.positionAt(...this.pointerInHost()) : -1;
      const id = this.ids[position] ?? null;
      this.hoverPosition = position;
      this.canvas.style.cursor = id === null ? '' : 'pointer';
      // Inside the panel, so that it is also seen when the panel is full screen.
      if (id === null) this.tip.hide();
      else this.tip.show(this.describe(id), this.pointer, this.host.offsetParent || document.body);
      if (id === this.hoverId) return;
      this.hoverId = id;
      this.onHover(id);
    }

    pointerInHost() {
      const box = this.host.getBoundingClientRect();
      return [this.pointer.x - box.left - this.host.clientLeft, this.pointer.y - box.top - this.host.clientTop];
    }

    movePointer(event) {
      this.pointer = event && {x: event.clientX, y: event.clientY};
      this.schedule();
    }

    click(event) {
      this.movePointer(event);
      const position = this.tiles.positionAt(...this.pointerInHost());
      if (position >= 0) this.focusPosition(position);
    }

    focusPosition(position) {
      this.cursor = position;
      this.setFocus(this.ids[position]);
      this.onFocus(this.focusId);
    }

    key(event) {
      const {tiles, cursor} = this;
      if (event.ctrlKey || event.altKey || event.metaKey || !tiles.viewHeight || !this.ids.length) return;
      const last = this.ids.length - 1;
      const page = tiles.rowsInView;
      const target = {
        ArrowLeft: Math.max(0, cursor - 1), ArrowRight: Math.min(last, cursor + 1), Home: 0, End: last,
        ArrowUp: tiles.rowsFrom(cursor, -1), ArrowDown: tiles.rowsFrom(cursor, 1),
        PageUp: tiles.rowsFrom(cursor, -page), PageDown: tiles.rowsFrom(cursor, page), Enter: cursor, ' ': cursor,
      }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      const starts = cursor < 0 && event.key !== 'Home' && event.key !== 'End';
      const next = starts ? Math.min(last, tiles.firstInView) : target;
      if (next !== cursor || event.key === 'Enter' || event.key === ' ') this.focusPosition(next);
    }

    // ---- wiring ----

    build() {
      const {host} = this;
      // Size containment: without it a host of automatic height would grow with the track.
      Object.assign(host.style, {
        overflowX: 'hidden', overflowY: 'auto', scrollbarGutter: 'stable', overscrollBehavior: 'contain',
        overflowAnchor: 'none', contain: 'strict',
      });
      host.tabIndex = 0;
      host.setAttribute('role', 'listbox');
      if (!host.hasAttribute('aria-label')) host.setAttribute('aria-label', 'Images');
      this.track = element('div', '', host);
      this.view = element('div', 'position:sticky;top:0;overflow:hidden', this.track);
      this.canvas = element('canvas', 'display:block', this.view);
      this.painter = new window.darkroom.TilePainter(this.canvas);
      this.option = element('div', HIDDEN, this.view);
      this.option.id = `darkroom-grid-${gridsMade += 1}`;
      this.option.setAttribute('role', 'option');
      this.option.setAttribute('aria-selected', 'true');
      host.dataset.count = 0;
      this.report(0, false);
    }

    listen() {
      this.listening = new AbortController();
      const on = (target, type, react, options) => {
        target.addEventListener(type, react, {signal: this.listening.signal, ...options});
      };
      on(this.host, 'scroll', () => this.followScroll(), {passive: true});
      on(this.host, 'wheel', (event) => this.wheel(event), {passive: false});
      on(this.host, 'pointermove', (event) => this.movePointer(event));
      on(this.host, 'pointerleave', () => this.movePointer(null));
      on(this.host, 'click', (event) => this.click(event));
      on(this.host, 'keydown', (event) => this.key(event));
      // A move to a denser screen changes the pixel ratio but not the host's size.
      on(window, 'resize', () => this.resize());
      this.resizes = new ResizeObserver(() => this.resize());
      this.resizes.observe(this.host);
    }

    // Painted at once: a resized canvas is blank until it is.
    resize() {
      this.layout();
      this.frame();
    }
  }

  window.darkroom = window.darkroom || {};
  window.darkroom.ImageGrid = ImageGrid;
})();
