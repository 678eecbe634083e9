// Where the tiles of an image grid are, in CSS px: rows and columns, how far they are scrolled, which is under a point.
(() => {
  const GAP = 3;
  // Firefox stops at 17.8 million px; Chromium at 33.5 million device px, so fewer CSS px on dense screens.
  const MAX_TRACK_HEIGHT = 8e6;

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

  // `offset` is the scroll position in content px, `anchor` the position that stays at the top when rows change. On a
  // track that is shorter than the content, one px of the scroll bar is `scale` px of the content.
  class TileLayout {
    constructor() {
      Object.assign(this, {count: 0, columns: 1, offset: 0, anchor: 0, scale: 1, trackHeight: 0});
      Object.assign(this, {viewWidth: 0, viewHeight: 0});
    }

    // Other tiles, from the top.
    begin(count) {
      Object.assign(this, {count, offset: 0, anchor: 0});
    }

    // `picture` has the `tileWidth` and `tileHeight` of the thumbnails, which are zoomed to `tileSize` px.
    fit(viewWidth, viewHeight, tileSize, picture) {
      const before = `${this.columns} ${this.pitchY}`;
      const zoom = tileSize / Math.max(picture.tileWidth, picture.tileHeight);
      Object.assign(this, {viewWidth, viewHeight});
      Object.assign(this, {tileWidth: picture.tileWidth * zoom, tileHeight: picture.tileHeight * zoom});
      Object.assign(this, {pitchX: this.tileWidth + GAP, pitchY: this.tileHeight + GAP});
      this.columns = Math.max(1, Math.floor((viewWidth - GAP) / this.pitchX));
      const content = this.count ? GAP + Math.ceil(this.count / this.columns) * this.pitchY : 0;
      this.trackHeight = Math.min(content, MAX_TRACK_HEIGHT);
      this.maxOffset = Math.max(0, content - viewHeight);
      this.scale = this.maxOffset ? this.maxOffset / (this.trackHeight - viewHeight) : 1;
      const reflowed = before !== `${this.columns} ${this.pitchY}`;
      this.scrollTo(reflowed ? Math.floor(this.anchor / this.columns) * this.pitchY : this.offset);
    }

    scrollTo(offset) {
      this.offset = clamp(offset, 0, this.maxOffset);
    }

    // What the reader has scrolled to is what stays at the top.
    dropAnchor() {
      this.anchor = Math.round(this.offset / this.pitchY) * this.columns;
    }

    cornerOf(position) {
      const row = Math.floor(position / this.columns);
      return {x: GAP + (position % this.columns) * this.pitchX, y: GAP + row * this.pitchY - this.offset};
    }

    // Half of each gap belongs to the tile beside it, so that hover does not flicker on the way across.
    positionAt(x, y) {
      if (x < 0 || y < 0 || x >= this.viewWidth || y >= this.viewHeight) return -1;
      const column = Math.floor((x - GAP / 2) / this.pitchX);
      const row = Math.floor((y - GAP / 2 + this.offset) / this.pitchY);
      const position = row * this.columns + column;
      const inside = column >= 0 && column < this.columns && row >= 0 && position < this.count;
      return inside ? position : -1;
    }

    // The first position in view, and the one after the last; rows cut by an edge are in view.
    visible() {
      const first = Math.max(0, Math.floor((this.offset - GAP) / this.pitchY)) * this.columns;
      return [first, Math.min(this.count, Math.ceil((this.offset + this.viewHeight) / this.pitchY) * this.columns)];
    }

    // The offset nearest to the present one at which the whole row of a position is in view.
    offsetShowing(position) {
      const top = Math.floor(position / this.columns) * this.pitchY;
      const bottom = top + this.pitchY + GAP;
      if (top < this.offset) return top;
      return bottom > this.offset + this.viewHeight ? bottom - this.viewHeight : this.offset;
    }

    // Stays in its column; below the end of a short last row it takes the last tile.
    rowsFrom(position, rows) {
      const row = Math.floor(position / this.columns);
      const lastRow = Math.floor((this.count - 1) / this.columns);
      const target = clamp(row + rows, 0, lastRow) * this.columns + (position % this.columns);
      return row === lastRow && rows > 0 ? position : Math.min(target, this.count - 1);
    }

    get rowsInView() {
      return Math.max(1, Math.floor(this.viewHeight / this.pitchY));
    }

    get firstInView() {
      return Math.ceil(this.offset / this.pitchY) * this.columns;
    }
  }

  window.darkroom = window.darkroom || {};
  window.darkroom.TileLayout = TileLayout;
})();
