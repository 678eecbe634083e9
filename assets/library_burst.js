// The decision flow as a sequence sunburst: a ring a layer, from the first in the middle to the answer of the net, sectors as wide
// as there are images whose path begins like this. D3 lays it out.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make, svg} = darkroom;
  const MOST_NAMED = 20;  // classes that have room in the key
  const LETTER = 7;  // px, about
  const EDGE = 4, HOLE = 26;  // px that stay free about the rings, and within them at least
  const MOST_STEPS = 6;  // of a path that are told with their names

  let turn = 0;

  const percent = (part, whole) => `${(100 * part / whole).toFixed(1)} %`;

  // Black or white, whichever is seen on a colour.
  const inkOn = (colour) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? '#16181d' : '#ffffff';
  };

  // The classes on the way to a sector.
  const pathOf = (node) => node.ancestors().reverse().slice(1).map(({data}) => data.label);

  class Burst {
    constructor(host) {
      Object.assign(this, {host, told: null, at: null, size: ''});
      this.resizes = new ResizeObserver(() => (host.isConnected ? this.fit() : this.resizes.disconnect()));
      this.resizes.observe(host);
    }

    show(library, told, shown, own, flow) {
      const text = JSON.stringify(told);
      Object.assign(this, {library, shown, own, flow});
      if (text !== this.text) {
        Object.assign(this, {told, text});
        this.draw();
      } else this.mark();
    }

    fit() {
      const {clientWidth, clientHeight} = this.host;
      if (this.told && clientHeight && this.size !== `${clientWidth} ${clientHeight}`) this.draw();
    }

    draw() {
      const {library, host, told, shown} = this;
      host.replaceChildren();
      this.trail = make('div', 'library-trail', host);
      const drawing = svg('svg', {'font-size': 11, 'text-anchor': 'middle', role: 'group', 'aria-label': 'Paths of images'}, host);
      this.drawing = drawing;
      this.layKey();
      const {width, height} = drawing.getBoundingClientRect(), radius = Math.max(Math.min(width, height) / 2 - EDGE, 40);
      this.size = `${host.clientWidth} ${host.clientHeight}`;
      drawing.setAttribute('viewBox', `${-width / 2} ${-height / 2} ${width} ${height}`);
      const rows = [{id: 0}, ...told.sectors.map(([parent, label, count], place) => ({id: place + 1, parent, label, count}))];
      const root = library.stratify().id(({id}) => String(id)).parentId(({id, parent}) => (id ? String(parent) : ''))(rows);
      // What is left out keeps its place.
      root.each((node) => { node.value = node.depth ? node.data.count : told.total; });
      const classes = shown.names.length, turned = ({data: {label}, parent}) => (label - (parent.data.label ?? 0) + classes) % classes;
      root.sort((one, other) => turned(one) - turned(other));  // first what stays as it was
      library.partition().size([2 * Math.PI, 1])(root);
      const hole = Math.min(Math.max(0.18 * radius, HOLE), radius / 2), ring = (radius - hole) / told.steps.length;
      const arc = library.arc().startAngle(({x0}) => x0).endAngle(({x1}) => x1).padAngle(({x0, x1}) => Math.min((x1 - x0) / 4, 0.008))
        .innerRadius(({depth}) => hole + (depth - 1) * ring + 0.5).outerRadius(({depth}) => hole + depth * ring - 0.5);
      this.root = root;
      this.nodes = root.descendants().slice(1);
      told.steps.forEach((_, place) => {  // where sectors are left out
        const drawn = this.nodes.reduce((sum, {depth, value}) => sum + (depth === place + 1 ? value : 0), 0);
        if (drawn < told.total) svg('circle', {class: 'library-left', r: hole + (place + 0.5) * ring, 'stroke-width': ring - 1, stroke: 'currentColor', 'stroke-opacity': 0.08, fill: 'none'}, drawing);
      });
      const sectors = svg('g', {}, drawing), names = svg('g', {'pointer-events': 'none', 'dominant-baseline': 'central'}, drawing);
      this.nodes.forEach((node) => {
        const colour = shown.colours[node.data.label], shape = arc(node);
        node.sector = svg('path', {d: shape, fill: colour, class: 'library-sector', tabindex: -1, role: 'button', 'aria-label': this.words(node)}, sectors);
        node.sector.node = node;
        const name = shown.names[node.data.label], middle = hole + (node.depth - 0.5) * ring;
        if ((node.x1 - node.x0) * middle < LETTER * name.length + 6 || ring < 14) return;
        const [x, y] = arc.centroid(node);
        svg('text', {x: x.toFixed(1), y: y.toFixed(1), fill: inkOn(colour)}, names, name);
      });
      this.outline = svg('g', {class: 'library-outline', fill: 'none', 'pointer-events': 'none'}, drawing);
      this.said = ['library-count', 'library-share'].map((name, line) => svg('text', {class: name, fill: 'currentColor', y: 15 * line - 3}, drawing));
      if (this.nodes.length) this.nodes[0].sector.tabIndex = 0;
      this.listen(sectors);
      this.mark();
    }

    // What rings and colours are.
    layKey() {
      const {host, told: {steps}, shown: {names, colours}} = this, key = make('div', 'library-key', host);
      make('b', '', key, 'From the middle out');
      const rings = make('ol', '', key);
      steps.forEach((name, place) => make('li', '', rings, place === steps.length - 1 ? 'the net’s answer' : name));
      if (names.length > MOST_NAMED) return;
      const classes = make('div', 'library-classes', key);
      names.forEach((name, number) => darkroom.librarySays(classes, name, colours[number]));
    }

    listen(sectors) {
      const nodeOf = ({target}) => target.node ?? null;
      sectors.addEventListener('pointerover', (event) => this.point(nodeOf(event)));
      sectors.addEventListener('pointerleave', () => this.point(null));
      sectors.addEventListener('focusin', (event) => this.point(nodeOf(event)));
      sectors.addEventListener('focusout', () => this.point(null));
      sectors.addEventListener('click', (event) => this.pick(nodeOf(event)));
      sectors.addEventListener('keydown', (event) => {
        const node = nodeOf(event);
        if (!node) return;
        if (event.key === 'Enter' || event.key === ' ') this.pick(node);
        else if (!this.step(node, event.key)) return;
        event.preventDefault();
        event.stopPropagation();
      });
    }

    // Along the ring, or to the next one.
    step(node, key) {
      const ring = this.nodes.filter(({depth}) => depth === node.depth).sort((one, other) => one.x0 - other.x0), at = ring.indexOf(node);
      const next = {ArrowRight: ring[(at + 1) % ring.length], ArrowLeft: ring.at(at - 1), ArrowUp: node.children?.[0], ArrowDown: node.parent}[key];
      if (!next?.sector) return key.startsWith('Arrow');
      [node, next].forEach((each) => { each.sector.tabIndex = each === next ? 0 : -1; });
      next.sector.focus();
      return true;
    }

    words(node) {
      const {told: {steps, total}, shown: {names}} = this;
      return `${pathOf(node).map((label, step) => `${steps[step]} ${names[label]}`).join(', ')}: ${node.value} of ${total} images (${percent(node.value, total)})`;
    }

    pick(node) {
      if (node) window.dash_clientside.set_props('library-flow-picked', {data: {path: pathOf(node), turn: Date.now()}});
    }

    // The sector of a path, or the last one on its way that is drawn.
    sectorOf(path) {
      return path.reduce((node, label) => node?.children?.find(({data}) => data.label === label) ?? node, this.root);
    }

    // The path of the focused image, and what was selected here last.
    mark() {
      const {flow, told, own} = this;
      this.outline.replaceChildren();
      const draw = (node, name) => svg('path', {d: node.sector.getAttribute('d'), class: name}, this.outline);
      const isHere = flow && flow.key === told.key && flow.at === told.at && !flow.path.includes(null);
      const picked = isHere ? this.sectorOf(flow.path) : this.root;
      if (picked.depth && picked.depth === flow.path.length) draw(picked, 'library-picked');
      if (own) this.sectorOf(own.path).ancestors().filter(({sector}) => sector).forEach((node) => draw(node, 'library-own'));
      this.point(null);
    }

    // A sector stands out with all on its way; of none, the focused image's path is told.
    point(node) {
      const {drawing, told, own, said: [count, share]} = this;
      const on = new Set(node?.ancestors());
      this.nodes.forEach((each) => each.sector.toggleAttribute('data-on', on.has(each)));
      drawing.toggleAttribute('data-hovered', Boolean(node));
      [count.textContent, share.textContent] = [(node?.value ?? told.total).toLocaleString('en'), node ? percent(node.value, told.total) : 'images'];
      this.trail.replaceChildren();
      if (node) this.tell(pathOf(node), node.value);
      else if (own) this.tell(own.path, null, `Image ${own.number}: `);
      else make('span', '', this.trail, 'Point at a sector to see the path, click it to select its images.');
    }

    tell(path, count, before = '') {
      this.trail.toggleAttribute('data-many', path.length > MOST_STEPS);
      const {trail, told: {steps, total}, shown: {names, colours}} = this;
      if (before) make('b', '', trail, before);
      path.forEach((label, step) => {
        if (step) make('i', '', trail, '→');
        const chip = darkroom.librarySays(trail, names[label], colours[label]);
        chip.title = `${steps[step]}: ${names[label]}`;
        if (steps.length <= MOST_STEPS) chip.insertBefore(make('span', 'library-step', null, `${steps[step]}:`), chip.lastChild);
      });
      if (count !== null) make('b', 'library-told', trail, `${count.toLocaleString('en')} of ${total.toLocaleString('en')} (${percent(count, total)})`);
    }
  }

  // A class in its colour.
  const says = (parent, name, colour) => {
    const chip = make('span', 'library-class', parent);
    make('i', '', chip).style.background = colour;
    make('span', '', chip, name);
    chip.title = name;
    return chip;
  };

  let burst = null;

  Object.assign(darkroom, {librarySays: says});
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawBurst(told, own, selection, shown) {
      const keep = window.dash_clientside.no_update, mine = (turn += 1);
      const host = await darkroom.element('library-flow-burst');
      if (!host || mine !== turn || !told || !shown || shown.key !== told.key) return keep;
      const library = await darkroom.d3().catch(() => null);
      await new Promise(requestAnimationFrame);  // its place has only just been laid out
      if (mine !== turn || !host.isConnected) return keep;
      if (!library) {
        host.textContent = 'The sunburst cannot be drawn: its script did not come.';
        return mine;
      }
      if (burst?.host !== host) burst = new Burst(host);
      burst.show(library, told, shown, own, selection?.images === shown.images ? selection.flow : null);
      return mine;
    },
  });
})();
