// The columns of a bridge as the server tells them, and where they are on the screen; places are in CSS px of the plot, which
// begins with the first column.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const [STEPS, TINTS] = [65535, 255];  // as `dashboard/darksight/bridge.py` has them
  const WIDEST = 64;  // px that a column is zoomed to at most
  const SLOT_GAP = 3;

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

  // The lowest bytes of all numbers come first, then the next.
  const read = (text, Type) => {
    if (text === null) return null;
    const bytes = darkroom.bits.bytesOf(text);
    const count = bytes.length / Type.BYTES_PER_ELEMENT;
    return Type.from({length: count}, (_, place) => {
      let number = 0;
      for (let at = place, unit = 1; at < bytes.length; at += count, unit *= 256) number += unit * bytes[at];
      return number;
    });
  };

  class BridgeColumns {
    constructor({count, columns, ids, along, length, named, shares, likeliest, wrong}) {
      Object.assign(this, {count, columns, length, named, isMean: columns < count, width: 1, zoom: 1});
      this.ids = read(ids, Uint32Array);
      let step = 0;
      this.along = Float64Array.from(read(along, Uint16Array), (more) => (step += more) * length / STEPS);
      this.shares = read(shares, Uint8Array);  // class by class
      this.likeliest = read(likeliest, Uint16Array);
      this.wrong = read(wrong, Uint16Array);
      this.changes = Array.from({length: columns}, (_, column) => column)
        .filter((column) => column && this.likeliest[column] !== this.likeliest[column - 1]);
    }

    // How many points a column stands for.
    sizeOf(column) {
      const {count, columns} = this;
      return Math.floor((column + 1) * count / columns) - Math.floor(column * count / columns);
    }

    // The shares of the named classes in the columns `first` up to `end`, on average; about, as each comes in 256 tints.
    sharesOf(first, end = first + 1) {
      const {shares, columns, named} = this;
      return named.map((_, number) => {
        let sum = 0;
        for (let column = first; column < end; column += 1) sum += shares[number * columns + column];
        return sum / (TINTS * (end - first));
      });
    }

    // ---- where they are ----

    // `room` is the width of the plot. All columns fill it while nothing is zoomed.
    fit(room) {
      this.room = room;
      this.zoomTo(this.zoom);
    }

    zoomTo(zoom) {
      const all = this.room / this.columns;
      this.zoom = clamp(zoom, 1, Math.max(1, WIDEST / all));
      this.width = all * this.zoom;
    }

    // The columns that are in view where the plot is scrolled to `offset`: the first, and the one after the last.
    inView(offset) {
      const {columns, width, room} = this;
      return [clamp(Math.floor(offset / width), 0, columns - 1), clamp(Math.ceil((offset + room) / width - 1e-6), 1, columns)];
    }

    columnAt(x) {
      return clamp(Math.floor(x / this.width), 0, this.columns - 1);
    }

    // Which columns have their picture, and where: as many as have room in view, evenly; `focused` is among them if it is in
    // view. `tile` is the width of a picture. Gives [column, left edge of its picture in the window].
    pictures(offset, tile, focused) {
      const {width} = this;
      const [first, end] = this.inView(offset);
      if (width >= tile + SLOT_GAP) {
        return Array.from({length: end - first}, (_, number) => [first + number, (first + number + 0.5) * width - offset - tile / 2]);
      }
      const [left, right] = [Math.max(0, first * width - offset), Math.min(this.room, end * width - offset)];
      const slots = Math.max(1, Math.min(end - first, Math.floor((right - left + SLOT_GAP) / (tile + SLOT_GAP))));
      const pitch = (right - left) / slots;
      const slotOf = (column) => clamp(Math.floor(((column + 0.5) * width - offset - left) / pitch), 0, slots - 1);
      const focusedSlot = focused >= first && focused < end ? slotOf(focused) : -1;
      return Array.from({length: slots}, (_, slot) => {
        const middle = left + (slot + 0.5) * pitch;
        const column = slot === focusedSlot ? focused : clamp(this.columnAt(middle + offset), first, end - 1);
        return [column, middle - tile / 2];
      });
    }

    // Round places along the way for the axis, `apart` px from each other at least: [place, x in the window].
    ticks(offset, apart) {
      const {along, width, room} = this;
      const [first, end] = this.inView(offset);
      const reach = along[end - 1] - along[first];
      if (!(reach > 0)) return [[along[first], (first + 0.5) * width - offset]];
      const rough = reach / Math.max(1, room / apart);
      const power = 10 ** Math.floor(Math.log10(rough));
      const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
      const ticks = [];
      let column = first;
      for (let number = Math.ceil(along[first] / step); number * step <= along[end - 1]; number += 1) {
        while (along[column] < number * step) column += 1;
        const x = (column + (along[column] > number * step ? 0 : 0.5)) * width - offset;  // between two columns, or on one
        if (x >= 0 && x <= room && (!ticks.length || x - ticks.at(-1)[1] >= apart)) ticks.push([number * step, x]);
      }
      return ticks;
    }
  }

  darkroom.BridgeColumns = BridgeColumns;
})();
