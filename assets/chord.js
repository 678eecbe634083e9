// The chord diagram: an arc for each class, a ribbon for each confusion. Plain SVG, from angles that the page computes.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const RING = 0.09;  // of the radius
  const MOST_LEVEL = 20;  // names up to which they are written level, with room for all; others are turned
  const LETTER = 6;  // px, about
  const [FEWEST_LETTERS, MOST_LETTERS] = [5, 12];  // of a name
  const LEAST_RADIUS = 80;  // px, before names are cut
  const [FULL, PALE, RIBBON, FADED] = [1, 0.4, 0.55, 0.08];  // opacities

  const svg = (...given) => window.darkroom.svg(...given);  // which comes after this script

  // Angles are clockwise from the top.
  const at = (angle, radius) => `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
  const along = (start, end, radius) => `A${radius} ${radius} 0 ${Math.abs(end - start) > Math.PI ? 1 : 0} ${end > start ? 1 : 0} ${at(end, radius)}`;

  const ringPath = (start, end, inner, outer) => (
    `M${at(start, inner)}${along(start, end, inner)}L${at(end, outer)}${along(end, start, outer)}Z`);

  const ribbonPath = ([start, end, start2, end2], radius) => (
    `M${at(start, radius)}${along(start, end, radius)}Q0 0 ${at(start2, radius)}${along(start2, end2, radius)}Q0 0 ${at(start, radius)}Z`);

  // Hits go nowhere: a hump on their own arc.
  const humpPath = ([start, end], radius) => (
    `M${at(start, radius)}${along(start, end, radius)}Q${at((start + end) / 2, 0.75 * radius)} ${at(start, radius)}Z`);

  const short = (name, letters) => (name.length > letters ? `${name.slice(0, letters - 1)}\u2026` : name);

  class Chord {
    constructor(host) {
      Object.assign(this, {host, source: null, width: 0, height: 0, hovered: null});
      this.resizes = new ResizeObserver(() => (host.isConnected ? this.fit() : this.resizes.disconnect()));
      this.resizes.observe(host);
      host.addEventListener('pointermove', (event) => this.point(event.target.closest('[data-what]')));
      host.addEventListener('pointerleave', () => this.point(null));
      host.addEventListener('click', (event) => this.pick(event.target.closest('[data-what]')));
      host.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        this.pick(event.target.closest('[data-what]'));
      });
    }

    show(source) {
      if (source !== this.source) {
        this.source = source;
        this.draw();
      }
      this.mark();
    }

    fit() {
      const {clientWidth: width, clientHeight: height} = this.host;
      if (!this.source || !height || (width === this.width && height === this.height)) return;
      this.draw();
      this.mark();
    }

    draw() {
      const {host, source: {chord, class_names: names, colours}} = this;
      const {clientWidth: width, clientHeight} = host;
      Object.assign(this, {width, height: clientHeight, hovered: null});
      const notes = this.notes();
      const height = clientHeight - (notes ? 16 : 0);
      const level = chord.classes.length <= MOST_LEVEL;
      const letters = Math.max(FEWEST_LETTERS, Math.min(Math.floor((width / 2 - LEAST_RADIUS) / LETTER), MOST_LETTERS));
      const longest = Math.max(1, ...chord.classes.map((number) => short(names[number], letters).length));
      const room = 8 + LETTER * longest;
      const outer = Math.max(30, Math.min(width / 2 - room, height / 2 - (level ? 18 : room)));
      const inner = outer * (1 - RING);
      const drawing = svg('svg', {viewBox: `${-width / 2} ${-height / 2} ${width} ${height}`, width, height, 'font-size': level ? 11 : 9});
      const [ribbons, arcs, words] = [0, 1, 2].map(() => svg('g', {}, drawing));
      ribbons.setAttribute('fill-opacity', RIBBON);
      words.setAttribute('fill', 'currentColor');
      chord.pairs.forEach(([true_, taken], place) => {
        const path = true_ === taken ? humpPath(chord.ends[place], inner) : ribbonPath(chord.ends[place], inner);
        svg('path', {d: path, fill: colours[true_], 'data-what': 'cell', 'data-at': `${true_} ${taken}`, 'data-count': chord.counts[place]}, ribbons);
      });
      chord.classes.forEach((number, place) => {
        const edges = chord.arcs[place];
        const words_ = darkroom.confusions.classWords(number);
        const arc = svg('g', {'data-what': 'class', 'data-at': number, role: 'button', 'aria-label': words_, class: 'chord-arc', fill: colours[number]}, arcs);
        [FULL, PALE, FULL].forEach((opacity, part) => {
          if (edges[part + 1] > edges[part]) svg('path', {d: ringPath(edges[part], edges[part + 1], inner + 1.5, outer), 'fill-opacity': opacity}, arc);
        });
        this.write(short(names[number], letters), (edges[0] + edges[3]) / 2, outer, {level, room: (edges[3] - edges[0]) * outer, number}, words);
      });
      host.replaceChildren(drawing);
      if (notes) host.append(Object.assign(document.createElement('p'), {className: 'chord-notes', textContent: notes, title: notes}));
      if (chord.classes.length) darkroom.confusions.rove(arcs, '.chord-arc');
    }

    // The name of an arc, if it has room for one; it is told where the pointer is anyway.
    write(name, angle, radius, {level, room, number}, parent) {
      if (room < (level ? 4 : 8)) return;
      const right = Math.sin(angle) >= 0;
      const place = level ? {
        x: ((radius + 6) * Math.sin(angle)).toFixed(1), y: (-(radius + 6) * Math.cos(angle)).toFixed(1),
        'text-anchor': Math.abs(Math.sin(angle)) < 0.25 ? 'middle' : right ? 'start' : 'end',
        'dominant-baseline': Math.cos(angle) > 0.8 ? 'auto' : Math.cos(angle) < -0.8 ? 'hanging' : 'middle',
      } : {
        transform: `rotate(${(180 * angle / Math.PI - (right ? 90 : -90)).toFixed(1)}) translate(${right ? radius + 4 : -radius - 4} 0)`,
        'text-anchor': right ? 'start' : 'end', 'dominant-baseline': 'middle',
      };
      svg('text', {...place, 'data-what': 'class', 'data-at': number}, parent).textContent = name;
    }

    // What is not drawn is said.
    notes() {
      const {chord, class_names: names} = this.source;
      const {images} = darkroom.confusions;
      const quiet = names.length - chord.classes.length;
      return [
        chord.left_out ? `Ribbons of fewer than ${images(chord.least)} are not drawn: ${images(chord.left_out)}.` : '',
        quiet ? `${quiet} class${quiet === 1 ? '' : 'es'} without confusions: no arc.` : '',
      ].filter(Boolean).join(' ');
    }

    cellsOf(entry) {
      const numbers = entry.dataset.at.split(' ').map(Number);
      if (entry.dataset.what === 'cell') return [numbers];
      const [number] = numbers;
      return this.source.class_names.flatMap((_, other) => (other === number ? [] : [[number, other], [other, number]]));
    }

    // What is selected stands out from the rest.
    mark() {
      const {isSelected} = darkroom.confusions;
      const ribbons = Array.from(this.host.querySelectorAll('path[data-what]'), (entry) => [entry, isSelected(this.cellsOf(entry))]);
      const some = ribbons.some(([, marked]) => marked);
      for (const [entry, marked] of ribbons) {
        entry.toggleAttribute('data-marked', marked);
        if (some) entry.setAttribute('fill-opacity', marked ? 0.85 : FADED);
        else entry.removeAttribute('fill-opacity');
      }
      for (const entry of this.host.querySelectorAll('.chord-arc')) {
        const marked = isSelected(this.cellsOf(entry));
        entry.setAttribute('aria-pressed', marked);
        entry.setAttribute('stroke', marked ? this.source.accent : 'none');
        entry.setAttribute('stroke-width', 2);
      }
    }

    point(entry) {
      const {cellWords, classWords, show} = darkroom.confusions;
      if (entry !== this.hovered) {
        this.hovered?.removeAttribute('data-hovered');
        entry?.setAttribute('data-hovered', '');
        this.hovered = entry;
      }
      if (!entry) return show(null);
      const numbers = entry.dataset.at.split(' ').map(Number);
      show(entry.dataset.what === 'cell' ? cellWords(...numbers, Number(entry.dataset.count)) : classWords(numbers[0]));
    }

    pick(entry) {
      if (entry) darkroom.confusions.pick(entry.dataset.what, entry.dataset.at.split(' ').map(Number));
    }
  }

  let shown = null;

  darkroom.drawChord = (host, source) => {
    if (!shown || shown.host !== host) shown = new Chord(host);
    shown.show(source);
  };
})();
