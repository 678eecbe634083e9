// The pictures behind an image grid: atlas pages, fetched when a visible image needs them.
(() => {
  const MAX_PAGES = 32;
  const MAX_PAGE_PIXELS = 64e6;
  const MAX_FETCHES = 4;
  const RETRY_AFTER_MS = 1000;
  const FORGIVE_AFTER_MS = 3000;

  // Thumbnails copied out of atlas pages onto one sheet: pages can then be let go even when the visible
  // images lie on more pages than memory should hold. Both give up what was used longest ago. A source whose only page is
  // there already has it as its `page`, an ImageBitmap.
  class Thumbnails {
    constructor(source, changed) {
      Object.assign(this, {source, changed, error: null, fetching: 0, capacity: 0});
      Object.assign(this, {pages: new Map(), loading: new Set(), lost: new Set(), cells: new Map()});
      this.closing = new AbortController();
      if (source.page) this.pages.set(0, source.page);
    }

    close() {
      this.closing.abort();
      this.pages.forEach((bitmap) => bitmap.close());
    }

    forgive() {
      this.lost.clear();
      this.error = null;
    }

    // Thumbnails are shrunk once, on their way to the sheet; those to be enlarged keep their own size.
    fit(inkWidth, inkHeight, onScreen) {
      const {tileWidth, tileHeight} = this.source;
      Object.assign(this, {inkWidth, inkHeight});
      const [width, height] = inkWidth < tileWidth ? [inkWidth, inkHeight] : [tileWidth, tileHeight];
      if (this.cellWidth === width && this.cellHeight === height && this.capacity >= onScreen) return;
      this.capacity = 2 ** Math.ceil(Math.log2(onScreen * 1.25));
      this.perRow = Math.ceil(Math.sqrt(this.capacity));
      Object.assign(this, {cellWidth: width, cellHeight: height, cells: new Map()});
      this.canvas = document.createElement('canvas');
      this.canvas.width = this.perRow * width;
      this.canvas.height = Math.ceil(this.capacity / this.perRow) * height;
      this.context = this.canvas.getContext('2d');
      this.context.imageSmoothingQuality = 'high';
    }

    // Paints the tile of an image, or a hole where it has not come yet; returns whether it had.
    paint(context, id, x, y, colours) {
      const corner = this.cornerOf(id);
      const {canvas, cellWidth, cellHeight, inkWidth, inkHeight} = this;
      // Either an exact copy of a shrunk thumbnail or an enlargement, whose pixels should stay visible.
      context.imageSmoothingEnabled = false;
      if (corner) context.drawImage(canvas, ...corner, cellWidth, cellHeight, x, y, inkWidth, inkHeight);
      else this.paintHole(context, x, y, colours, this.isLost(this.pageOf(id)));
      return Boolean(corner);
    }

    paintHole(context, x, y, colours, lost) {
      const {inkWidth, inkHeight} = this;
      context.fillStyle = colours.muted;
      context.fillRect(x, y, inkWidth, inkHeight);
      if (!lost) return;
      Object.assign(context, {fillStyle: colours.text, textAlign: 'center', textBaseline: 'middle'});
      context.font = `${Math.min(inkWidth, inkHeight) / 2}px sans-serif`;
      context.fillText('\u00d7', x + inkWidth / 2, y + inkHeight / 2);
    }

    cornerOf(id) {
      const cell = this.cells.get(id);
      return cell === undefined ? null : this.cornerOfCell(cell);
    }

    cornerOfCell(cell) {
      return [(cell % this.perRow) * this.cellWidth, Math.floor(cell / this.perRow) * this.cellHeight];
    }

    gather(ids) {
      // All that is on screen is touched before anything is stored, so storing never evicts it.
      const missing = ids.filter((id) => !this.cells.has(id));
      ids.forEach((id) => this.cells.has(id) && this.touch(this.cells, id));
      for (const id of missing) {
        const index = this.pageOf(id);
        if (this.pages.has(index)) this.copy(id, this.touch(this.pages, index));
        else this.want(index);
      }
      this.trimPages();
    }

    // A Map keeps the order of insertion, so the first entry is the one used longest ago.
    touch(map, key) {
      const value = map.get(key);
      map.delete(key);
      map.set(key, value);
      return value;
    }

    copy(id, bitmap) {
      const {tileWidth, tileHeight, tilesPerRow, tilesPerPage} = this.source;
      const place = id % tilesPerPage;
      const x = (place % tilesPerRow) * tileWidth;
      const y = Math.floor(place / tilesPerRow) * tileHeight;
      const [left, top] = this.cornerOfCell(this.takeCell(id));
      this.context.clearRect(left, top, this.cellWidth, this.cellHeight);
      this.context.drawImage(bitmap, x, y, tileWidth, tileHeight, left, top, this.cellWidth, this.cellHeight);
    }

    takeCell(id) {
      const [oldest, freed] = this.cells.size < this.capacity ? [] : this.cells.entries().next().value;
      this.cells.delete(oldest);
      const cell = freed ?? this.cells.size;
      this.cells.set(id, cell);
      return cell;
    }

    trimPages() {
      const {tileWidth, tileHeight, tilesPerPage} = this.source;
      const affordable = Math.floor(MAX_PAGE_PIXELS / (tileWidth * tileHeight * tilesPerPage));
      const surplus = this.pages.size - Math.max(1, Math.min(affordable, MAX_PAGES));
      for (const [index, bitmap] of [...this.pages].slice(0, Math.max(0, surplus))) {
        bitmap.close();
        this.pages.delete(index);
      }
    }

    pageOf(id) {
      return Math.floor(id / this.source.tilesPerPage);
    }

    isLost(index) {
      return index >= this.source.pages || this.lost.has(index);
    }

    want(index) {
      if (!this.isLost(index) && !this.loading.has(index) && this.fetching < MAX_FETCHES) this.load(index);
    }

    async load(index) {
      const {signal} = this.closing;
      this.loading.add(index);
      let bitmap = await this.fetchPage(index);
      if (!bitmap && !signal.aborted) {
        await new Promise((resume) => setTimeout(resume, RETRY_AFTER_MS));
        if (!signal.aborted) bitmap = await this.fetchPage(index);
      }
      if (signal.aborted) return bitmap?.close();
      this.loading.delete(index);
      if (bitmap) this.pages.set(index, bitmap);
      else this.lose(index);
      this.changed();
    }

    lose(index) {
      this.lost.add(index);
      this.error = `images of page ${index} did not load`;
      setTimeout(() => this.askAgain(index), FORGIVE_AFTER_MS);
    }

    // The store or the page's server may have been away: what is still wanted is fetched again.
    askAgain(index) {
      if (this.closing.signal.aborted || !this.lost.delete(index)) return;
      if (this.lost.size === 0) this.error = null;
      this.changed();
    }

    async fetchPage(index) {
      this.fetching += 1;
      try {
        const response = await fetch(this.source.pageUrl(index), {signal: this.closing.signal});
        return response.ok ? await createImageBitmap(await response.blob()) : null;
      } catch {
        return null;
      } finally {
        this.fetching -= 1;
        this.changed();
      }
    }
  }

  window.darkroom = window.darkroom || {};
  window.darkroom.Thumbnails = Thumbnails;
})();
