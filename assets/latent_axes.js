// The latent axes: a vertical axis for each number of the image's code, the line of the image with a handle an axis, and the
// band about it. Plain SVG; `latent.js` says where the line is and hears where it is dragged.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const [TOP, BOTTOM, SIDE] = [40, 20, 8];  // px around the axes
  const [STRIP, COLUMN] = [3, 7];  // px between the columns of the strip and the axes, and of a column
  const ROOM = 0.04;  // of an axis' range beyond its ends
  const [STEP, PAGE] = [0.01, 0.1];  // of an axis' range, by a key
  const TOGETHER = 0.5;  // correlation from which axes stand together
  const KEYS = {ArrowUp: STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowLeft: -STEP, PageUp: PAGE, PageDown: -PAGE};

  const clamp = (value, least, most) => Math.max(least, Math.min(most, value));

  const {svg: draw} = darkroom;

  const percent = (share) => (share < 0.0095 ? '<1%' : `${Math.round(100 * share)}%`);

  const short = (value) => value.toFixed(Math.abs(value) < 10 ? 2 : 1);

  // The axes from left to right: by what they are worth, each followed by those of the rest that go with it, by the
  // correlation (d x d) of their values. Returns that order, and for each axis the one that it stands with.
  const orderOf = (worth, correlation, raised) => {
    const count = worth.length, group = Array(count).fill(null), order = [];
    const of = (axis) => (raised.has(axis) ? Infinity : worth[axis]);
    const byWorth = worth.map((_, axis) => axis).sort((one, other) => of(other) - of(one) || one - other);
    for (const axis of byWorth) {
      if (group[axis] !== null) continue;
      const isWith = (other) => other === axis || Math.abs(correlation?.[axis * count + other]) >= TOGETHER;
      for (const member of byWorth.filter((other) => group[other] === null && isWith(other))) {
        group[member] = axis;
        order.push(member);
      }
    }
    return {order, group};
  };

  class LatentAxes {
    constructor(host) {
      Object.assign(this, {host, held: null, order: [], effects: null, raised: new Set(), by: 'effect', first: 10});
      this.latent = darkroom.latent;
      this.listening = new AbortController();
      const {signal} = this.listening;
      this.latent.addEventListener('source', () => this.begin(), {signal});
      this.latent.addEventListener('asked', () => this.askEffects(), {signal});
      this.latent.addEventListener('line', () => this.follow(), {signal});
      this.resizes = new ResizeObserver(() => (host.isConnected ? this.layOut() : this.destroy()));
      this.resizes.observe(host);
      for (const [event, hear] of Object.entries({
        pointerdown: 'take', pointermove: 'drag', pointerup: 'release', pointercancel: 'release', keydown: 'press',
      })) host.addEventListener(event, (heard) => this[hear](heard), {signal});
    }

    destroy() {
      this.listening.abort();
      this.resizes.disconnect();
      this.host.replaceChildren();
    }

    // ---- what is shown ----

    begin() {
      this.effects = null;
      this.raised.clear();
      this.sort();
    }

    arrange(by, first) {
      if (by === this.by && first === this.first) return;
      Object.assign(this, {by, first});
      this.sort();
    }

    async askEffects() {
      const {latent, latent: {source, residual}} = this;
      if (!source) return;
      const {number, images, teacher, epoch, vae, codes} = source;
      const question = {number, images, teacher, epoch, vae, codes, values: null, residual};
      const told = await darkroom.ask('latent-effects', question).catch(() => null);
      if (!told || latent.source !== source || latent.residual !== residual) return;
      this.effects = told;
      if (!this.held && this.by === 'effect') this.sort();
      else this.layOut();
    }

    sort() {
      const {latent: {source, spans}, by, effects} = this;
      if (!source || !spans) return;
      const count = source.code.length;
      const worth = by === 'effect' && effects ? effects.effects : by === 'number' ? source.code.map((_, axis) => -axis) : Array.from(spans.kl);
      const {order, group} = orderOf(worth, by === 'number' ? null : spans.correlation, this.raised);
      Object.assign(this, {order, group});
      this.layOut();
    }

    // ---- where things are ----

    x(place) {
      return this.left + (place + 0.5) * this.step;
    }

    y(axis, value) {
      const {lower, upper} = this.latent.spans;
      const [least, range] = [lower[axis], upper[axis] - lower[axis] || 1];
      return TOP + (1 + ROOM - (value - least) / range) / (1 + 2 * ROOM) * (this.height - TOP - BOTTOM);
    }

    // Of what may lie beyond the ends of an axis.
    drawnY(axis, value) {
      return clamp(this.y(axis, value), TOP - 4, this.height - BOTTOM + 4);
    }

    valueAt(axis, y) {
      const {lower, upper} = this.latent.spans;
      const share = 1 + ROOM - (y - TOP) / (this.height - TOP - BOTTOM) * (1 + 2 * ROOM);
      return lower[axis] + share * (upper[axis] - lower[axis]);
    }

    edges(axis) {
      const {latent: {line, below, above}} = this;
      return [line[axis] - below[axis], line[axis] + above[axis]];
    }

    // ---- drawing ----

    layOut() {
      const {host, latent: {source, spans}, order} = this;
      const {clientWidth: width, clientHeight: height} = host;
      if (!source || !spans || !width || order.length !== source.code.length) return;
      const count = Math.min(this.first, order.length);
      const rest = order.length - count;
      Object.assign(this, {height, left: SIDE, shown: order.slice(0, count), rest: order.slice(count)});
      this.narrow = rest ? Math.min(COLUMN, 0.4 * width / rest) : 0;
      this.step = (width - 2 * SIDE - (rest ? rest * this.narrow + 6 * STRIP : 0)) / count;
      const hadFocus = host.contains(document.activeElement) ? document.activeElement.dataset : null;
      const svg = draw('svg', {width, height, viewBox: `0 0 ${width} ${height}`});
      this.band = draw('path', {class: 'latent-band'}, svg);
      this.parts = new Map(this.shown.map((axis, place) => [axis, this.drawAxis(svg, axis, place)]));
      this.drawBrackets(svg);
      this.own = draw('polyline', {class: 'latent-own'}, svg);
      this.path = draw('polyline', {class: 'latent-line'}, svg);
      this.shown.forEach((axis, place) => this.drawHandles(svg, axis, place));
      if (this.step > 30) this.shown.forEach((axis, place) => this.drawEnds(svg, axis, place));
      this.ticks = new Map(this.rest.map((axis, place) => [axis, this.drawColumn(svg, axis, place)]));
      host.replaceChildren(svg);
      if (hadFocus?.axis) host.querySelector(`[data-axis="${hadFocus.axis}"][data-part="value"]`)?.focus();
      this.follow();
    }

    drawAxis(svg, axis, place) {
      const {latent: {spans: {lower, upper, histogram}, source: {active}}, effects, by} = this;
      const x = this.x(place), most = [this.y(axis, upper[axis]), this.y(axis, lower[axis])];
      const group = draw('g', {class: active[axis] ? 'latent-axis' : 'latent-axis latent-idle'}, svg);
      const bins = histogram.length / this.latent.source.code.length;
      const counts = histogram.subarray(axis * bins, (axis + 1) * bins);
      const scale = Math.min(0.42 * this.step, 46) / Math.max(...counts, 1), high = (most[1] - most[0]) / bins;
      const outline = Array.from(counts, (held, bin) => {
        const y = most[1] - bin * high;
        return `${x + held * scale},${y} ${x + held * scale},${y - high}`;
      });
      draw('polygon', {class: 'latent-histogram', points: `${x},${most[1]} ${outline.join(' ')} ${x},${most[0]}`}, group);
      draw('line', {class: 'latent-rule', x1: x, x2: x, y1: most[0], y2: most[1]}, group);
      draw('text', {class: 'latent-name', x, y: TOP - 12}, group).textContent = `z${axis}`;
      const told = by === 'effect' && effects ? percent(effects.effects[axis]) : null;
      if (told && this.step > 26) draw('text', {class: 'latent-effect', x, y: TOP - 25}, group).textContent = told;
      draw('title', {}, group).textContent = this.words(axis);
      return group;
    }

    // Over all else: an edge of the band may lie at an end.
    drawEnds(svg, axis, place) {
      const {lower, upper} = this.latent.spans, x = this.x(place);
      draw('text', {class: 'latent-end', x, y: this.y(axis, upper[axis]) - 3}, svg).textContent = short(upper[axis]);
      draw('text', {class: 'latent-end', x, y: this.y(axis, lower[axis]) + 11}, svg).textContent = short(lower[axis]);
    }

    words(axis) {
      const {latent: {spans: {kl}, source: {names, active}}, effects} = this;
      const effect = effects && `a step up of one deviation moves the answer by ${(100 * effects.effects[axis]).toFixed(1)}%, towards ${names[effects.toward[axis]]}`;
      return [`Latent value ${axis}`, effect, `${kl[axis].toFixed(2)} nats${active[axis] ? '' : ', hardly used'}`].filter(Boolean).join('\n');
    }

    // Over axes that go together and stand side by side.
    drawBrackets(svg) {
      const {shown, group} = this;
      for (let begin = 0; begin < shown.length;) {
        let end = begin;
        while (end + 1 < shown.length && group[shown[end + 1]] === group[shown[begin]]) end += 1;
        if (end > begin) {
          const [left, right] = [this.x(begin) - 8, this.x(end) + 8];
          const bracket = draw('path', {class: 'latent-bracket', d: `M${left},${TOP - 6} v-3 H${right} v3`}, svg);
          draw('title', {}, bracket).textContent = `Over the images these go together with latent value ${group[shown[begin]]}: |r| \u2265 ${TOGETHER}`;
        }
        begin = end + 1;
      }
    }

    drawHandles(svg, axis, place) {
      const x = this.x(place), parts = this.parts.get(axis);
      const {lower, upper} = this.latent.spans;
      for (const part of ['above', 'below']) parts[part] = draw('rect', {class: 'latent-edge', x: x - 9, width: 18, height: 9, rx: 2, 'data-axis': axis, 'data-part': part}, svg);
      parts.value = draw('circle', {
        class: 'latent-handle', cx: x, r: 6, tabindex: 0, role: 'slider', 'aria-label': `Latent value ${axis}`, 'aria-orientation': 'vertical',
        'aria-valuemin': short(lower[axis]), 'aria-valuemax': short(upper[axis]), 'data-axis': axis, 'data-part': 'value',
      }, svg);
      draw('title', {}, parts.value).textContent = this.words(axis);
    }

    drawColumn(svg, axis, place) {
      const x = this.left + this.shown.length * this.step + 6 * STRIP + place * this.narrow;
      const height = this.height - TOP - BOTTOM;
      const column = draw('g', {class: 'latent-column', 'data-axis': axis, 'data-part': 'column'}, svg);
      draw('rect', {x, y: TOP, width: Math.max(1, this.narrow - 1), height, 'data-axis': axis, 'data-part': 'column'}, column);
      const tick = draw('rect', {class: 'latent-tick', x, width: Math.max(1, this.narrow - 1), height: 3, 'data-axis': axis, 'data-part': 'column'}, column);
      draw('title', {}, column).textContent = `${this.words(axis)}\nClick to fetch it`;
      return tick;
    }

    // What changes while the line is dragged.
    follow() {
      const {latent, latent: {source, spans}, parts} = this;
      if (!source || !spans || !parts) return;
      const {line} = latent, points = (values) => this.shown.map((axis, place) => `${this.x(place)},${this.y(axis, values[axis])}`);
      this.path.setAttribute('points', points(line).join(' '));
      this.own.setAttribute('points', latent.isMoved ? points(source.code).join(' ') : '');
      const [up, down] = [[], []];
      this.shown.forEach((axis, place) => {
        const [low, high] = this.edges(axis), {value, above, below} = parts.get(axis);
        const [top, bottom] = [high, low].map((edge) => this.drawnY(axis, edge));
        up.push(`${this.x(place)},${top}`);
        down.unshift(`${this.x(place)},${bottom}`);
        above.setAttribute('y', top - 4.5);
        below.setAttribute('y', bottom - 4.5);
        value.setAttribute('cy', this.y(axis, line[axis]));
        value.setAttribute('aria-valuenow', line[axis].toFixed(3));
        value.setAttribute('aria-valuetext', `${short(line[axis])}, band ${short(low)} to ${short(high)}`);
      });
      this.band.setAttribute('d', `M${up.join(' L')} L${down.join(' L')} Z`);
      for (const [axis, tick] of this.ticks) {
        tick.setAttribute('y', clamp(this.y(axis, line[axis]), TOP, this.height - BOTTOM) - 1.5);
        tick.classList.toggle('latent-tick-moved', line[axis] !== source.code[axis]);
      }
    }

    // ---- what is done on it ----

    yOf({clientY}) {
      return clientY - this.host.getBoundingClientRect().top;
    }

    take(event) {
      const {axis, part} = event.target.dataset;
      if (part === undefined || event.button !== 0) return;
      event.preventDefault();
      if (part === 'column') {
        this.raised.add(Number(axis));
        return this.sort();
      }
      const number = Number(axis), [below, above] = this.edges(number);
      const grabbed = this.drawnY(number, {value: this.latent.line[number], below, above}[part]);
      this.held = {axis: number, part, off: this.yOf(event) - grabbed};
      this.host.setPointerCapture(event.pointerId);
      this.parts.get(this.held.axis).value.focus();
    }

    drag(event) {
      if (!this.held) return;
      const {axis, part, off} = this.held, value = this.valueAt(axis, this.yOf(event) - off);
      if (part === 'value') this.put(axis, value);
      else this.stretch(axis, part, (value - this.latent.line[axis]) * (part === 'above' ? 1 : -1), event.shiftKey);
    }

    release() {
      if (!this.held) return;
      this.held = null;
      this.latent.commit();
    }

    // Moves the line on an axis, within what the images have.
    put(axis, value) {
      const {latent, latent: {spans: {lower, upper}}} = this;
      const values = [...latent.line];
      values[axis] = clamp(value, lower[axis], upper[axis]);
      latent.move(values);
    }

    // Moves an edge of the band on an axis, or both.
    stretch(axis, part, half, isBoth) {
      const {latent, latent: {spans: {lower, upper}}} = this;
      const wide = {below: [...latent.below], above: [...latent.above]};
      for (const side of isBoth ? ['below', 'above'] : [part]) wide[side][axis] = clamp(half, 0, upper[axis] - lower[axis]);
      latent.reach(wide.below, wide.above);
    }

    press(event) {
      const {axis: name, part} = event.target.dataset;
      if (part !== 'value') return;
      const axis = Number(name), {latent, latent: {line, above, source, spans: {lower, upper}}} = this;
      const range = upper[axis] - lower[axis], step = KEYS[event.key] * range;
      if (event.key in KEYS && event.shiftKey) this.stretch(axis, 'above', above[axis] + step, true);
      else if (event.key in KEYS) this.put(axis, line[axis] + step);
      else if (event.key === 'Home') this.put(axis, lower[axis]);
      else if (event.key === 'End') this.put(axis, upper[axis]);
      else if (event.key === 'Delete' || event.key === 'Backspace') this.put(axis, source.code[axis]);
      else return;
      event.preventDefault();
      event.stopPropagation();  // arrows walk through the images elsewhere
      clearTimeout(this.pressed);
      this.pressed = setTimeout(() => latent.commit(), 300);
    }
  }

  let axes = null;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    drawLatent(source, line, band, residual, order, first, width, tab) {
      const host = document.getElementById('latent-axes');
      if (axes?.host !== host) {
        axes?.destroy();
        axes = darkroom.latentAxes = new LatentAxes(host);
        darkroom.latent.source = null;  // a view that was laid out anew is shown all of it
      }
      axes.arrange(order, first);
      darkroom.latent.show(source, line, band, residual, Number(width) || 15, tab);
      return window.dash_clientside.no_update;
    },

    resetLatent(lines, bands) {
      const {latent} = darkroom, [pressed] = window.dash_clientside.callback_context.triggered;
      if (!latent.source || !pressed?.value) return window.dash_clientside.no_update;
      if (pressed.prop_id.startsWith('latent-reset-band')) latent.resetBand();
      else {
        latent.move(null);
        latent.commit();
      }
      return window.dash_clientside.no_update;
    },
  });
})();
