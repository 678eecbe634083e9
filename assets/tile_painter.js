// What an image grid draws on its canvas: thumbnails, rings around them, headings of sections. Where they are is asked of
// a `TileLayout`, in CSS px; here they become whole pixels of the screen.
(() => {
  class TilePainter {
    constructor(canvas) {
      this.canvas = canvas;
      this.context = canvas.getContext('2d', {alpha: false});
    }

    // `colours` are those of the page by name, `font` its font family.
    dress(colours, font) {
      Object.assign(this, {colours, font});
    }

    // Whenever the layout or the density of the screen has changed.
    fit(tiles) {
      const {canvas} = this;
      this.tiles = tiles;
      this.ratio = window.devicePixelRatio || 1;
      const [width, height] = [Math.round(tiles.viewWidth * this.ratio), Math.round(tiles.viewHeight * this.ratio)];
      canvas.style.width = `${tiles.viewWidth}px`;
      canvas.style.height = `${tiles.viewHeight}px`;
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
      this.tileWidth = Math.max(1, Math.round(tiles.tileWidth * this.ratio));
      this.tileHeight = Math.max(1, Math.round(tiles.tileHeight * this.ratio));
    }

    // The thumbnails of the positions `first` up to `end`, and the headings between them; returns how many pictures were
    // there to be painted.
    paint(pictures, ids, first, end) {
      const {canvas, context, colours} = this;
      pictures.fit(this.tileWidth, this.tileHeight, end - first);
      pictures.gather(ids.subarray(first, end));
      context.fillStyle = colours.surface;
      context.fillRect(0, 0, canvas.width, canvas.height);
      let painted = 0;
      for (let position = first; position < end; position += 1) {
        const [x, y] = this.cornerOf(position);
        painted += pictures.paint(context, ids[position], x, y, colours) ? 1 : 0;
      }
      for (const heading of this.tiles.headings()) this.heading(heading);
      return painted;
    }

    // Name and count, over a line.
    heading({name, count, y, height}) {
      const {context, ratio, canvas, colours} = this;
      const [left, bottom] = [4 * ratio, Math.round((y + height) * ratio)];
      const base = bottom - 7 * ratio;
      const write = (text, x, weight, colour) => {
        context.font = `${weight} ${12 * ratio}px ${this.font}`;
        context.fillStyle = colours[colour];
        context.fillText(text, x, base);
        return x + context.measureText(text).width;
      };
      context.textBaseline = 'alphabetic';
      context.textAlign = 'left';
      const end = write(name, left, 600, 'text');
      write(count.toLocaleString('en'), end + 8 * ratio, 400, 'soft');
      context.fillStyle = colours.muted;
      context.fillRect(left, bottom - this.ink(1), canvas.width - 2 * left, this.ink(1));
    }

    // A line of `height` px under a tile, after a dot of a colour; what has no room is cut.
    caption(position, text, height, colour) {
      const {context, ratio, colours} = this;
      const [x, top] = this.cornerOf(position);
      const middle = top + this.tileHeight + Math.round(height * ratio / 2);
      const size = this.ink(5);
      context.fillStyle = colour;
      context.fillRect(x, middle - Math.round(size / 2), size, size);
      context.font = `${11 * ratio}px ${this.font}`;
      context.textBaseline = 'middle';
      context.textAlign = 'left';
      context.fillStyle = colours.text;
      const room = this.tileWidth - size - this.ink(3);
      let shown = text;
      while (shown.length > 1 && context.measureText(shown).width > room) shown = `${shown.replace(/\u2026$/, '').slice(0, -1)}\u2026`;
      context.fillText(shown, x + size + this.ink(3), middle + this.ink(1));
    }

    // `outset` is the space between the tile's edge and the ring; -1 lets it cover one pixel of the tile.
    ring(position, outset, width, colour) {
      const {context} = this;
      const [x, y] = this.cornerOf(position);
      const reach = this.ink(Math.abs(outset)) * Math.sign(outset) + this.ink(width) / 2;
      context.lineWidth = this.ink(width);
      context.strokeStyle = this.colours[colour];
      context.strokeRect(x - reach, y - reach, this.tileWidth + 2 * reach, this.tileHeight + 2 * reach);
    }

    ink(px) {
      return px && Math.max(1, Math.round(px * this.ratio));
    }

    cornerOf(position) {
      const {x, y} = this.tiles.cornerOf(position);
      return [Math.round(x * this.ratio), Math.round(y * this.ratio)];
    }
  }

  window.darkroom = window.darkroom || {};
  window.darkroom.TilePainter = TilePainter;
})();
