// Paints a bridge: a key to the classes, stacked columns, marks, thumbnails, the axis. Where columns are is asked of
// `BridgeColumns`, in CSS px; here they become whole pixels of the screen.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const [LEFT, RIGHT] = [34, 10];  // px beside the plot
  const [KEY, MARKS, FOOT, AXIS, NOTES] = [20, 9, 4, 17, 17];  // heights in px, from the top; thumbnails before the axis
  const GAPS_FROM = 6;  // px that a column is wide where there is room between columns
  const LETTER = 11;  // px

  // The side of thumbnails in a plot so high: smaller ones where more than have room for large ones wait to be shown.
  const sideOf = (height, width, columns) => {
    const large = height < 170 ? 22 : height < 260 ? 32 : 44;
    return columns * large <= width ? large : Math.min(large, 30);
  };

  class BridgePainter {
    constructor() {
      this.plotLeft = LEFT;
    }

    // `colours` are those of the page by name, `font` its font family.
    dress(colours, font) {
      Object.assign(this, {colours, font});
    }

    // `picture` has the `tileWidth` and `tileHeight` of the thumbnails, or is null where there are none; `columns` is how many
    // columns there are.
    fit(width, height, ratio, picture, columns) {
      Object.assign(this, {width, height, ratio, picture});
      const side = sideOf(height, width, columns);
      const zoom = picture ? side / Math.max(picture.tileWidth, picture.tileHeight) : 0;
      Object.assign(this, {tileWidth: zoom * (picture?.tileWidth ?? 0), tileHeight: zoom * (picture?.tileHeight ?? 0)});
      this.room = Math.max(1, width - LEFT - RIGHT);
      this.top = KEY + MARKS;
      this.tilesTop = height - NOTES - AXIS - (picture ? this.tileHeight + 4 : 0);
      this.bottom = this.tilesTop - FOOT - 2;
    }

    ink(px) {
      return Math.round(px * this.ratio);
    }

    // `shown` has the `columns`, `offset` by which they are scrolled, colours and names of all classes, pictures, and the columns
    // that are `focused`, `hovered`, `pointed` at elsewhere, or -1. Returns how many thumbnails there are, and how many came.
    paint(context, shown) {
      const {columns, offset} = shown;
      Object.assign(this, {context, shown});
      this.rect('surface', 0, 0, this.width, this.height);
      this.key();
      this.scale();
      this.bars();
      this.changes();
      this.feet();
      const found = this.thumbnails();
      this.axis(columns.ticks(offset, 44));
      this.frames();
      this.write(this.notes(found), LEFT, this.height - NOTES / 2, 'soft', 'left', this.room);
      return found;
    }

    rect(colour, left, top, right, bottom) {
      const {context} = this;
      const [x, y] = [this.ink(left), this.ink(top)];
      context.fillStyle = this.colours[colour] ?? colour;
      context.fillRect(x, y, this.ink(right) - x, this.ink(bottom) - y);
    }

    // Text in a line, cut where it is too long for its room; returns how wide it is, in px.
    write(text, x, y, colour, align, room = Infinity, weight = 400) {
      const {context, ratio} = this;
      context.font = `${weight} ${LETTER * ratio}px ${this.font}`;
      Object.assign(context, {fillStyle: this.colours[colour], textAlign: align, textBaseline: 'middle'});
      const widthOf = (words) => context.measureText(words).width / ratio;
      let cut = text;
      while (cut && widthOf(cut) > room) cut = `${cut.slice(0, cut.endsWith('\u2026') ? -2 : -1).trimEnd()}\u2026`.replace(/^\u2026$/, '');
      if (cut) context.fillText(cut, x * ratio, y * ratio);
      return widthOf(cut);
    }

    // ---- what there is ----

    entries() {
      const {columns: {named}, classNames, colours} = this.shown;
      const entries = named.map((number) => [classNames[number], colours[number]]);
      return named.length < classNames.length ? [...entries, ['others', this.colours.others]] : entries;
    }

    // Names that are too long for their share of the row are cut.
    key() {
      const entries = this.entries();
      const room = Math.max(8, (this.width - LEFT) / entries.length - 24);
      let x = LEFT;
      for (const [name, colour] of entries) {
        this.rect(colour, x, KEY / 2 - 4.5, x + 9, KEY / 2 + 4.5);
        x += 13 + this.write(name, x + 13, KEY / 2, 'text', 'left', room) + 11;
      }
    }

    scale() {
      for (const share of [0, 0.5, 1]) this.write(`${100 * share}%`, LEFT - 5, this.yOf(share), 'soft', 'right');
    }

    yOf(share) {
      return this.bottom + share * (this.top - this.bottom);
    }

    bars() {
      const {columns, offset} = this.shown;
      const [first, end] = columns.inView(offset);
      if (columns.width * this.ratio < 1) return this.thinBars(first, end);
      const gap = columns.width >= GAPS_FROM ? Math.max(1, Math.min(4, 0.08 * columns.width)) : 0;
      for (let column = first; column < end; column += 1) {
        const left = column * columns.width - offset + gap / 2;
        this.stack(columns.sharesOf(column), left, left + columns.width - gap);
      }
    }

    // Where several columns are in one pixel, it shows their mean.
    thinBars(first, end) {
      const {columns, offset} = this.shown;
      const pixel = 1 / this.ratio;
      const last = Math.min(this.room, end * columns.width - offset);
      for (let left = 0; left < last; left += pixel) {
        const from = Math.max(first, Math.floor((left + offset) / columns.width));
        const to = Math.min(end, Math.max(from + 1, Math.floor((left + pixel + offset) / columns.width)));
        this.stack(columns.sharesOf(from, to), left, left + pixel);
      }
    }

    // From the bottom up, the named classes in order, then all others.
    stack(shares, left, right) {
      const {columns: {named}, colours} = this.shown;
      const [x0, x1] = [Math.max(0, left), Math.min(this.room, right)].map((x) => LEFT + x);
      let below = 0;
      named.forEach((number, place) => {
        const above = Math.min(1, below + shares[place]);
        this.rect(colours[number], x0, this.yOf(above), x1, this.yOf(below));
        below = above;
      });
      this.rect('others', x0, this.top, x1, this.yOf(below));
    }

    // A triangle where the likeliest class changes, and a line while they are few.
    changes() {
      const {context, shown: {columns, offset}} = this;
      const seen = columns.changes.map((column) => column * columns.width - offset).filter((x) => x >= 0 && x <= this.room);
      const areFew = seen.length <= this.room / 40;
      for (const x of seen) {
        const [middle, base, half] = [this.ink(LEFT + x), this.ink(this.top - 2), this.ink(areFew ? 4 : 2)];
        context.fillStyle = areFew ? this.colours.text : this.colours.soft;
        context.beginPath();
        context.moveTo(middle - half, this.ink(KEY + 1));
        context.lineTo(middle + half, this.ink(KEY + 1));
        context.lineTo(middle, base);
        context.fill();
        if (areFew) this.rect('text', LEFT + x - 0.5, this.top, LEFT + x + 0.5, this.bottom);
      }
    }

    // Red feet, as strong as there are points in a column that the teacher gets wrong, and wide enough to be seen.
    feet() {
      const {context, shown: {columns, offset}} = this;
      if (!columns.wrong) return;
      const [first, end] = columns.inView(offset);
      for (let column = first; column < end; column += 1) {
        if (!columns.wrong[column]) continue;
        const left = Math.max(0, column * columns.width - offset);
        const right = Math.min(this.room, Math.max(left + 1.5, (column + 1) * columns.width - offset - (columns.width >= GAPS_FROM ? 1 : 0)));
        context.globalAlpha = Math.max(0.35, columns.wrong[column] / columns.sizeOf(column));
        this.rect('wrong', LEFT + left, this.bottom + 1, LEFT + right, this.bottom + 1 + FOOT);
        context.globalAlpha = 1;
      }
    }

    thumbnails() {
      const {context, shown: {columns, offset, pictures, focused}} = this;
      if (!pictures) return {shown: 0, came: 0, inView: 0};
      const [first, end] = columns.inView(offset);
      const slots = columns.pictures(offset, this.tileWidth, focused)
        .filter(([, x]) => x > -1 && x + this.tileWidth < this.room + RIGHT);
      const ids = Uint32Array.from(slots, ([column]) => columns.ids[column]);
      pictures.fit(Math.max(1, this.ink(this.tileWidth)), Math.max(1, this.ink(this.tileHeight)), Math.max(1, ids.length));
      pictures.gather(ids);
      let came = 0;
      slots.forEach(([column, x], place) => {
        const at = this.ink(LEFT + x);
        if (pictures.paint(context, ids[place], at, this.ink(this.tilesTop + 2), this.colours)) came += 1;
        if (columns.wrong?.[column] && !columns.isMean) this.frame('wrong', LEFT + x, this.tilesTop + 2, this.tileWidth, this.tileHeight, 1.5);
      });
      this.slots = slots;
      return {shown: slots.length, came, inView: end - first};
    }

    frame(colour, x, y, width, height, line) {
      const {context} = this;
      context.strokeStyle = this.colours[colour];
      context.lineWidth = Math.max(1, this.ink(line));
      context.strokeRect(this.ink(x), this.ink(y), this.ink(x + width) - this.ink(x), this.ink(y + height) - this.ink(y));
    }

    frames() {
      const {columns, offset, focused, hovered, pointed, pictures} = this.shown;
      for (const [column, colour, line] of [[pointed, 'text', 2], [hovered, 'text', 1.5], [focused, 'accent', 2.5]]) {
        const middle = (column + 0.5) * columns.width - offset;
        if (column < 0 || middle < 0 || middle > this.room) continue;
        const wide = Math.max(3, columns.width);
        this.frame(colour, LEFT + middle - wide / 2, this.top - 1, wide, this.bottom - this.top + 2, line);
        const slot = pictures && this.slots.find(([other]) => other === column);
        if (slot) this.frame(colour, LEFT + slot[1], this.tilesTop + 2, this.tileWidth, this.tileHeight, line);
      }
    }

    axis(ticks) {
      const y = this.height - NOTES - AXIS;
      const digits = ticks.length > 1 ? Math.max(0, -Math.floor(Math.log10(ticks[1][0] - ticks[0][0]) + 1e-9)) : 2;
      for (const [place, x] of ticks) {
        this.rect('soft', LEFT + x - 0.5, y + 1, LEFT + x + 0.5, y + 4);
        this.write(place.toFixed(digits), LEFT + x, y + 11, 'soft', x < 14 ? 'left' : x > this.room - 14 ? 'right' : 'center');
      }
    }

    // What is not seen is said.
    notes({shown, inView}) {
      const {columns, columns: {isMean, count}, pictures} = this.shown;
      const number = (value) => value.toLocaleString('en');
      const [few, many] = [Math.floor(count / columns.columns), Math.ceil(count / columns.columns)];
      const sizes = few === many ? number(few) : `${number(few)} or ${number(many)}`;
      const seen = columns.zoom > 1 ? `${number(inView)} in view` : number(inView);
      const perPixel = 1 / (columns.width * this.ratio);
      const times = columns.changes.length;
      return [
        isMean ? `columns are means of ${sizes} neighbours` : '',
        !pictures ? 'no thumbnails: the study has no images' : shown < inView ? `thumbnails of ${number(shown)} of ${seen}` : '',
        perPixel > 1 ? `${perPixel.toPrecision(2)} columns a pixel, their mean` : '',
        `${times ? number(times) : 'no'} change${times === 1 ? '' : 's'} of class`,
        `axis: along, of ${columns.length.toPrecision(3)} map units`,
      ].filter(Boolean).join(' \u00b7 ');
    }
  }

  darkroom.BridgePainter = BridgePainter;
})();
