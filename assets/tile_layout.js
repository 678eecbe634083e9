// Where the tiles of an image grid are, in CSS px: sections of rows and columns, perhaps each under a heading, how far
// they are scrolled, which tile is under a point.
(() => {
  const GAP = 3;
  const HEADING = 24;  // height of the row above a section that has a name
  // Firefox stops at 17.8 million px; Chromium at 33.5 million device px, so fewer CSS px on dense screens.
  const MAX_TRACK_HEIGHT = 8e6;

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

  // `offset` is the scroll position in content px, `anchor` the position that stays at the top when rows change. On a
  // track that is shorter than the content, one px of the scroll bar is `scale` px of the content.
  class TileLayout {
    constructor() {
      Object.assign(this, {count: 0, columns: 1, offset: 0, anchor: 0, scale: 1, trackHeight: 0, sections: []});
      Object.assign(this, {viewWidth: 0, viewHeight: 0});
    }

    // Other tiles, from the top. Positions go on from section to section; each has a `count` above 0 and, where it is
    // one of several, a `name`.
    begin(sections) {
      let start = 0;
      this.sections = sections.map((section) => {
        start += section.count;
        return {...section, start: start - section.count};
      });
      Object.assign(this, {count: start, offset: 0, anchor: 0});
    }

    // `picture` has the `tileWidth` and `tileHeight` of the thumbnails, which are zoomed to `tileSize` px, and perhaps the
    // height of a `caption` under each.
    fit(viewWidth, viewHeight, tileSize, picture) {
      const before = `${this.columns} ${this.pitchY}`;
      const zoom = tileSize / Math.max(picture.tileWidth, picture.tileHeight);
      Object.assign(this, {viewWidth, viewHeight});
      Object.assign(this, {tileWidth: picture.tileWidth * zoom, tileHeight: picture.tileHeight * zoom});
      Object.assign(this, {pitchX: this.tileWidth + GAP, pitchY: this.tileHeight + GAP + (picture.caption ?? 0)});
      this.columns = Math.max(1, Math.floor((viewWidth - GAP) / this.pitchX));
      const end = this.stack();
      const content = this.count ? GAP + end : 0;
      this.trackHeight = Math.min(content, MAX_TRACK_HEIGHT);
      this.maxOffset = Math.max(0, content - viewHeight);
      this.scale = this.maxOffset ? this.maxOffset / (this.trackHeight - viewHeight) : 1;
      const reflowed = before !== `${this.columns} ${this.pitchY}`;
      this.scrollTo(reflowed && this.count ? this.topOf(this.anchor) : this.offset);
    }

    // One section below the other: `top` is where it begins, `rowsTop` where its first row does, `firstRow` how many
    // rows are above it. Returns where the last one ends.
    stack() {
      let top = 0;
      let firstRow = 0;
      for (const section of this.sections) {
        const rows = Math.ceil(section.count / this.columns);
        Object.assign(section, {top, firstRow, rows, rowsTop: top + (section.name === undefined ? 0 : HEADING)});
        top = section.rowsTop + rows * this.pitchY;
        firstRow += rows;
      }
      return top;
    }

    scrollTo(offset) {
      this.offset = clamp(offset, 0, this.maxOffset);
    }

    // What the reader has scrolled to is what stays at the top.
    dropAnchor() {
      if (this.count) this.anchor = Math.min(this.count - 1, this.rowAt(this.offset, Math.round));
    }

    // The last section of which `property` is not above `value`.
    sectionBy(property, value) {
      let [low, high] = [0, this.sections.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (this.sections[middle][property] <= value) low = middle;
        else high = middle - 1;
      }
      return this.sections[low];
    }

    sectionOf(position) {
      return this.sectionBy('start', position);
    }

    // Section, row in it and column of a position.
    cellOf(position) {
      const section = this.sectionOf(position);
      const place = position - section.start;
      return {section, row: Math.floor(place / this.columns), column: place % this.columns};
    }

    // The first position of the row at a height of the content, whole rows counted by `round`; where the rows of a section
    // are over, the position after its last.
    rowAt(height, round) {
      const section = this.sectionBy('top', height);
      const row = clamp(round((height - section.rowsTop) / this.pitchY), 0, section.rows);
      return section.start + Math.min(section.count, row * this.columns);
    }

    // Where the row of a position begins; the first of a section begins with its heading.
    topOf(position) {
      const {section, row} = this.cellOf(position);
      return row ? section.rowsTop + row * this.pitchY : section.top;
    }

    cornerOf(position) {
      const {section, row, column} = this.cellOf(position);
      return {x: GAP + column * this.pitchX, y: GAP + section.rowsTop + row * this.pitchY - this.offset};
    }

    // Half of each gap belongs to the tile beside it, so that hover does not flicker on the way across.
    positionAt(x, y) {
      if (x < 0 || y < 0 || x >= this.viewWidth || y >= this.viewHeight || !this.count) return -1;
      const height = y + this.offset;
      const section = this.sectionBy('top', height - GAP / 2);
      const column = Math.floor((x - GAP / 2) / this.pitchX);
      const row = Math.floor((height - GAP / 2 - section.rowsTop) / this.pitchY);
      const place = row * this.columns + column;
      const inside = column >= 0 && column < this.columns && row >= 0 && place < section.count;
      return inside ? section.start + place : -1;
    }

    // The first position in view, and the one after the last; rows cut by an edge are in view.
    visible() {
      return [this.rowAt(this.offset - GAP, Math.floor), this.rowAt(this.offset + this.viewHeight, Math.ceil)];
    }

    // The headings in view, and where.
    headings() {
      const bottom = this.offset + this.viewHeight;
      const first = this.sections.indexOf(this.sectionBy('top', this.offset));
      const found = [];
      for (let number = first; number < this.sections.length && this.sections[number].top < bottom; number += 1) {
        const {name, count, top} = this.sections[number];
        if (name !== undefined) found.push({name, count, y: top - this.offset, height: HEADING});
      }
      return found;
    }

    // The offset nearest to the present one at which the whole row of a position is in view.
    offsetShowing(position) {
      const {section, row} = this.cellOf(position);
      const bottom = section.rowsTop + (row + 1) * this.pitchY + GAP;
      const top = this.topOf(position);
      if (top < this.offset) return top;
      return bottom > this.offset + this.viewHeight ? bottom - this.viewHeight : this.offset;
    }

    // Stays in its column; below the end of a short row it takes the last tile.
    rowsFrom(position, rows) {
      const {section, row, column} = this.cellOf(Math.max(0, position));
      const from = section.firstRow + row;
      const last = this.sections.at(-1);
      const target = clamp(from + rows, 0, last.firstRow + last.rows - 1);
      if (target === from && rows > 0) return position;
      const reached = this.sectionBy('firstRow', target);
      return reached.start + Math.min(reached.count - 1, (target - reached.firstRow) * this.columns + column);
    }

    get rowsInView() {
      return Math.max(1, Math.floor(this.viewHeight / this.pitchY));
    }

    get firstInView() {
      return this.rowAt(this.offset, Math.ceil);
    }
  }

  window.darkroom = window.darkroom || {};
  window.darkroom.TileLayout = TileLayout;
})();
