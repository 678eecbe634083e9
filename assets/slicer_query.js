// What is cut out of the hypercube dCNN(input, layer, channel, epoch): the net as a strip of layers and a drawing of the hypercube,
// which set the same query; and what the slice would take.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make, svg} = darkroom;
  const MOST_USUAL = 12, MOST_PAIRS = 12, PAUSE = 300;  // layers, pairs; ms before an estimate is asked for
  const WIDE = 320, HIGH = 172, FACE = {x: 24, y: 40, width: 228, height: 96}, STRIP = {x: 4, width: 12}, LEAN = {x: 44, y: -28};  // of the drawing

  const nets = new Map();  // key of a teacher -> promise of its layers

  const layersOf = (source, tab) => {
    if (!nets.has(source.teacher)) {
      const {images, teacher, epochs} = source;
      const asked = darkroom.ask('slicer-layers', {images, teacher, epoch: epochs[epochs.length - 1]}, `${tab}-net`);
      asked.catch(() => nets.delete(source.teacher));
      nets.set(source.teacher, asked);
    }
    return nets.get(source.teacher);
  };

  const shapeOf = ({shape}) => shape.join(' × ');
  const bytes = (count) => (count < 2 ** 20 ? `${Math.ceil(count / 1024)} KiB` : `${(count / 2 ** 20).toFixed(count < 2 ** 27 ? 1 : 0)} MiB`);
  const spoken = (seconds) => (seconds < 1 ? 'under a second' : seconds < 90 ? `about ${Math.round(seconds)} s` : `about ${Math.round(seconds / 60)} min`);

  class SlicerQuery {
    constructor() {
      this.turn = 0;
    }

    async show(source, query, inputs, choices, most, pairs, selection, tab) {
      const turn = (this.turn += 1);
      Object.assign(this, {tab: tab ?? 'page', inputs, most, pairs, choices, selection});
      if (!source) return;
      const layers = await layersOf(source, this.tab).catch((error) => error);
      if (turn !== this.turn) return;
      if (layers instanceof Error) {
        this.host('slicer-net')?.replaceChildren(layers.message);
        setTimeout(() => turn === this.turn && this.show(source, query, inputs, choices, most, pairs, selection, tab), 2000);
        return;
      }
      Object.assign(this, {source, layers});
      const isOld = query?.of === source.teacher;
      this.cut = isOld ? {...query} : this.usual();
      if (!isOld) this.tell();
      this.offerPairs();
      this.draw();
      this.estimateSoon();
    }

    host(id) {
      return document.getElementById(id);
    }

    // The whole net where it is small; else its blocks, its first convolution, and what is linear.
    usual() {
      const {layers, source} = this;
      const first = layers.find(({kind}) => kind === 'convolution');
      let chosen = layers;
      if (chosen.length > MOST_USUAL) chosen = layers.filter((layer) => ['input', 'block', 'linear'].includes(layer.kind) || layer === first);
      if (chosen.length > MOST_USUAL || chosen.length < 4) chosen = layers.filter((_, place) => place % Math.ceil(layers.length / MOST_USUAL) === 0);
      return {of: source.teacher, layers: chosen.map(({name}) => name), channels: [], epochs: source.epochs};
    }

    named(name) {
      return this.layers.find((layer) => layer.name === name);
    }

    // Pairs of the layers that are cut out: those that were chosen, else the neighbours among layers with feature maps.
    pairsNow() {
      const known = new Set(this.cut.layers);
      const chosen = (this.pairs ?? []).map((pair) => pair.split(' → ')).filter((pair) => pair.every((name) => known.has(name)));
      if (chosen.length) return chosen;
      const withMaps = this.cut.layers.filter((name) => this.named(name).has_maps && this.named(name).kind !== 'input');
      return withMaps.slice(1).map((name, place) => [withMaps[place], name]).slice(0, MOST_PAIRS);
    }

    offerPairs() {
      const names = this.cut.layers.filter((name) => this.named(name).has_maps);
      const data = names.flatMap((one, place) => names.slice(place).map((other) => `${one} → ${other}`));
      const held = window.dash_component_api.getLayout('slicer-pairs')?.props;
      if (!held) return;
      const value = (held.value ?? []).filter((pair) => data.includes(pair));
      if (JSON.stringify(held.data) !== JSON.stringify(data)) window.dash_clientside.set_props('slicer-pairs', {data, ...(value.length === (held.value ?? []).length ? {} : {value})});
    }

    // Tells the page what is cut out now; all that depends on it follows.
    tell() {
      const query = {...this.cut, pairs: this.pairsNow()};
      window.dash_clientside.set_props('slicer-query', {data: query});
    }

    set(cut) {
      const order = new Map(this.layers.map(({name}, place) => [name, place]));
      const layers = [...new Set(cut.layers ?? this.cut.layers)].sort((one, other) => order.get(one) - order.get(other));
      if (!layers.length) return;
      const channels = (cut.channels ?? this.cut.channels).filter(([name]) => layers.includes(name));
      this.cut = {...this.cut, ...cut, layers, channels};
      this.tell();
    }

    draw() {
      const strip = this.host('slicer-net'), cube = this.host('slicer-cube');
      if (!strip || !cube) return;
      this.drawStrip(strip);
      this.drawCube(cube);
    }

    drawStrip(host) {
      const at = host.scrollLeft, chosen = new Set(this.cut.layers);
      host.replaceChildren();
      const largest = Math.max(...this.layers.map(({shape}) => shape[1] ?? 1));
      let from = null;  // where a drag along the strip began, and whether it adds or takes away
      this.layers.forEach((layer, place) => {
        const block = make('button', 'slicer-block', host);
        block.type = 'button';
        block.dataset.layer = layer.name;
        block.dataset.kind = layer.kind;
        block.setAttribute('aria-pressed', chosen.has(layer.name));
        block.title = `${layer.name}: ${layer.type || 'image'}, ${shapeOf(layer)}, ${layer.n_parameters.toLocaleString('en')} weights`;
        const box = make('span', 'slicer-box', block);
        box.style.height = `${10 + 30 * Math.sqrt((layer.shape[1] ?? 1) / largest)}px`;
        make('b', '', block, layer.name);
        make('span', '', block, layer.kind);
        make('span', '', block, shapeOf(layer));
        block.addEventListener('pointerdown', (event) => {
          event.preventDefault();
          block.focus();
          from = {place, adds: !chosen.has(layer.name), now: new Set(chosen)};
          this.sweep(host, from, place);
        });
        block.addEventListener('pointerenter', () => from && this.sweep(host, from, place));
        block.addEventListener('keydown', (event) => {
          if (event.key !== 'Enter' && event.key !== ' ') return;
          event.preventDefault();
          this.set({layers: chosen.has(layer.name) ? this.cut.layers.filter((name) => name !== layer.name) : [...this.cut.layers, layer.name]});
        });
      });
      const end = () => {
        if (!from) return;
        const {now} = from;
        from = null;
        this.set({layers: [...now]});
      };
      host.onpointerup = end;
      host.onpointerleave = end;
      host.ondblclick = () => this.set(this.usual());
      host.scrollLeft = at;
    }

    // Marks what a drag from one block to another chooses, or no longer.
    sweep(host, from, to) {
      from.now = new Set(this.cut.layers);
      const [first, last] = [Math.min(from.place, to), Math.max(from.place, to)];
      this.layers.slice(first, last + 1).forEach(({name}) => (from.adds ? from.now.add(name) : from.now.delete(name)));
      host.querySelectorAll('.slicer-block').forEach((block) => block.setAttribute('aria-pressed', from.now.has(block.dataset.layer)));
    }

    // Of the column of a layer: the more channels, the taller.
    tall({shape}) {
      const most = Math.max(...this.layers.map((layer) => layer.shape[0]));
      return FACE.height * (0.15 + 0.85 * Math.log1p(shape[0]) / Math.log1p(most));
    }

    drawCube(host) {
      host.replaceChildren();
      const {layers, source} = this, count = layers.length, width = FACE.width / count;
      const drawing = svg('svg', {viewBox: `0 0 ${WIDE} ${HIGH}`, class: 'slicer-drawing', role: 'img', 'aria-label': 'The hypercube, and the slice that is cut out of it'}, host);
      const corner = FACE.x + FACE.width, low = FACE.y + FACE.height;
      // Epochs go back into the depth: top and side of the box, a line a stored epoch.
      const chosenEpochs = new Set(this.cut.epochs), depth = Math.max(source.epochs.length - 1, 1);
      const back = (place) => [LEAN.x * place / depth, LEAN.y * place / depth];
      svg('path', {class: 'slicer-side', d: `M${FACE.x} ${FACE.y}l${LEAN.x} ${LEAN.y}h${FACE.width}l${-LEAN.x} ${-LEAN.y}z`}, drawing);
      svg('path', {class: 'slicer-side', d: `M${corner} ${FACE.y}l${LEAN.x} ${LEAN.y}v${FACE.height}l${-LEAN.x} ${-LEAN.y}z`}, drawing);
      source.epochs.forEach((epoch, place) => {
        const [right, up] = back(place);
        svg('path', {class: `slicer-epoch${chosenEpochs.has(epoch) ? ' slicer-in' : ''}`, d: `M${FACE.x + right} ${FACE.y + up}h${FACE.width}v${FACE.height}`}, drawing);
      });
      // The face: a column a layer, as tall as it has channels; what is cut out is filled.
      svg('rect', {class: 'slicer-face', ...FACE}, drawing);
      const chosen = new Set(this.cut.layers), some = new Map(this.cut.channels.map(([name, first, last]) => [name, [first, last]]));
      layers.forEach((layer, place) => {
        const height = this.tall(layer), x = FACE.x + place * width;
        const column = svg('rect', {class: 'slicer-column', x: x + 0.5, y: low - height, width: Math.max(width - 1, 1), height}, drawing);
        svg('title', {}, column, `${layer.name}: ${layer.shape[0]} channels`);
        if (!chosen.has(layer.name)) return;
        const [first, last] = some.get(layer.name) ?? [0, layer.shape[0] - 1], share = height / layer.shape[0];
        svg('rect', {class: 'slicer-cut-out', x: x + 0.5, y: low - (last + 1) * share, width: Math.max(width - 1, 1), height: Math.max((last - first + 1) * share, 1)}, drawing);
      });
      // Inputs, by class: a cell each, beside the face.
      const all = source.names.length, cell = FACE.height / all, within = this.classes();
      source.names.forEach((name, number) => {
        const isIn = !within || (number >= within[0] && number <= within[1]);
        const box = svg('rect', {class: `slicer-input${isIn ? '' : ' slicer-out'}`, x: STRIP.x, y: FACE.y + number * cell + 0.25, width: STRIP.width, height: Math.max(cell - 0.5, 0.5), fill: source.colours[number]}, drawing);
        svg('title', {}, box, `inputs of ${name}`);
      });
      const words = (x, y, text, anchor = 'start') => svg('text', {x, y, 'text-anchor': anchor}, drawing, text);
      words(FACE.x, low + 14, `layers: ${this.cut.layers.length} of ${count}`);
      const partly = this.cut.channels.length;
      words(FACE.x, low + 28, partly ? `channels: part of ${partly} layer${partly > 1 ? 's' : ''}` : 'channels: all');
      words(WIDE - 2, low + 14, `epochs: ${this.cut.epochs.length} of ${source.epochs.length}`, 'end');
      const inputs = this.choices?.find(({value}) => value === this.inputs)?.label ?? '';
      words(FACE.x, 10, `inputs: ${inputs.toLowerCase().startsWith('selection') ? inputs.toLowerCase() : inputs.charAt(0).toLowerCase() + inputs.slice(1)}`);
      this.frame = svg('rect', {class: 'slicer-frame', x: 0, y: 0, width: 0, height: 0}, drawing);
      this.dragOn(drawing);
    }

    // Where a hand is, in the drawing's own measure.
    place(drawing, event) {
      const {left, top, width} = drawing.getBoundingClientRect(), scale = WIDE / width;
      return [(event.clientX - left) * scale, (event.clientY - top) * scale];
    }

    dragOn(drawing) {
      let from = null;
      const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
      const zone = ([x, y]) => {
        if (x < FACE.x - 4 && y >= FACE.y && y <= FACE.y + FACE.height) return 'inputs';
        if (y > FACE.y + FACE.height) return 'layers';
        if (x <= FACE.x + FACE.width && y >= FACE.y) return 'channels';
        return 'epochs';
      };
      drawing.addEventListener('pointerdown', (event) => {
        event.preventDefault();
        drawing.setPointerCapture(event.pointerId);
        const at = this.place(drawing, event);
        from = {at, zone: zone(at)};
      });
      drawing.addEventListener('pointermove', (event) => {
        if (!from) return;
        const [x, y] = this.place(drawing, event), [left, top] = from.at;
        const box = from.zone === 'inputs' ? {x: STRIP.x - 2, y: Math.min(y, top), width: STRIP.width + 4, height: Math.abs(y - top)} : from.zone === 'layers'
          ? {x: Math.min(x, left), y: FACE.y, width: Math.abs(x - left), height: FACE.height}
          : {x: Math.min(x, left), y: Math.min(y, top), width: Math.abs(x - left), height: Math.abs(y - top)};
        Object.entries(box).forEach(([name, value]) => this.frame.setAttribute(name, value));
      });
      drawing.addEventListener('pointerup', (event) => {
        if (!from) return;
        const to = this.place(drawing, event), {at, zone: where} = from, {layers, source} = this;
        from = null;
        if (where === 'inputs') {
          const classAt = (y) => clamp(Math.floor((y - FACE.y) / FACE.height * source.names.length), 0, source.names.length - 1);
          return this.setClasses(classAt(Math.min(at[1], to[1])), classAt(Math.max(at[1], to[1])));
        }
        const column = (x) => clamp(Math.floor((x - FACE.x) / FACE.width * layers.length), 0, layers.length - 1);
        const [first, last] = [column(Math.min(at[0], to[0])), column(Math.max(at[0], to[0]))];
        const across = layers.slice(first, last + 1).map(({name}) => name);
        if (where === 'layers') return this.set({layers: across, channels: []});
        if (where === 'channels') return this.set({layers: across, channels: this.channelsOf(across, at[1], to[1])});
        // Along the slanting edge: how far back each end is, by the way to the right of the face or above it.
        const back = ([x, y]) => clamp(Math.max((x - FACE.x - FACE.width) / LEAN.x, (y - FACE.y) / LEAN.y), 0, 1) * (source.epochs.length - 1);
        const [near, far] = [back(at), back(to)].sort((one, other) => one - other);
        const epochs = source.epochs.slice(Math.round(near), Math.round(far) + 1);
        return this.set({epochs});
      });
      drawing.addEventListener('dblclick', () => {
        window.dash_clientside.set_props('slicer-inputs', {value: 'test'});
        this.set({layers: this.layers.map(({name}) => name), channels: [], epochs: this.source.epochs});
      });
    }

    // The classes that inputs are of, first and last; null where they are of any.
    classes() {
      const [kind, first, last] = (this.inputs ?? '').split('-');
      if (kind === 'class') return [Number(first), Number(first)];
      return kind === 'classes' ? [Number(first), Number(last)] : null;
    }

    setClasses(first, last) {
      if (first === last) return window.dash_clientside.set_props('slicer-inputs', {value: `class-${first}`});
      const {names} = this.source, value = `classes-${first}-${last}`;
      const others = (this.choices ?? []).filter((choice) => !choice.value.startsWith('classes-'));
      const data = [...others, {value, label: `Test images of ${names[first]} to ${names[last]}`}];
      return window.dash_clientside.set_props('slicer-inputs', {data, value});
    }

    // Of each layer the channels between two heights of the face; none are named where it is all of them.
    channelsOf(names, one, other) {
      const low = FACE.y + FACE.height;
      const [above, below] = [Math.min(one, other), Math.max(one, other)];
      if (below - above < 3) return [];  // a click
      return names.map((name) => {
        const count = this.named(name).shape[0], height = this.tall(this.named(name));
        const at = (y) => Math.min(Math.max(Math.floor((low - y) / height * count), 0), count - 1);
        return [name, at(below), at(above)];
      }).filter(([name, first, last]) => first > 0 || last < this.named(name).shape[0] - 1);
    }

    // How many inputs there are, as far as the page knows without asking.
    count() {
      const {source, inputs, most, selection} = this;
      const there = {train: source.n_train, selection: selection?.count ?? 0, test: source.count - source.n_train}[inputs];
      const [first, last] = this.classes() ?? [0, source.names.length - 1];
      return Math.min(there ?? Math.ceil((source.count - source.n_train) * (last - first + 1) / source.names.length), most || 0);
    }

    estimateSoon() {
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.estimate(), PAUSE);
    }

    async estimate() {
      const host = this.host('slicer-estimate'), turn = this.turn;
      if (!host || !this.cut) return;
      const {images, teacher} = this.source, {layers, epochs} = this.cut;
      const distances = window.dash_component_api.getLayout('slicer-set-n-distances')?.props.value ?? 500;
      const asked = {images, teacher, count: this.count(), layers, epochs, pairs: this.pairsNow(), n_distances: distances};
      const told = await darkroom.ask('slice-estimate', asked, `${this.tab}-estimate`).catch(() => null);
      if (turn !== this.turn || !host.isConnected || !told) return;
      const fits = asked.count <= told.fits;
      host.classList.toggle('slicer-too-large', !fits);
      host.textContent = fits
        ? `${asked.count.toLocaleString('en')} inputs: ${spoken(told.seconds)}, ${bytes(told.bytes)} of memory at once`
        : `${told.largest} of ${asked.count.toLocaleString('en')} inputs is more than the ${bytes(told.budget)} there are: ${told.fits.toLocaleString('en')} inputs would fit.`;
    }
  }

  const query = new SlicerQuery();

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawSlicer(source, cut, inputs, choices, most, pairs, selection, tab) {
      await query.show(source, cut, inputs, choices, most, pairs, selection, tab);
      return query.turn;
    },
  });
})();
