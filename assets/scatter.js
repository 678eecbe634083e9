// The map of the images: which points are shown, in which colours, what is selected of them. `scatter_2d.js` draws it on
// Plotly's axes, `scatter_3d.js` with Plotly on WebGL; its events stay in the browser, what they come to is a bitset or one number.
// `scatter_density.js` draws more points than Plotly can: there an outline goes to the server.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  // Points that are drawn one by one, and looked through for what an outline encloses. From a lasso of 100,000 to the painted
  // grid it took 1.3 to 3 s when all were drawn, and 0.6 to 0.7 s as a picture, on the same busy machine.
  darkroom.mostDrawn = 20_000;

  const NO_EXTRAS = {traces: [], over: [], shapes: [], window: null};

  const {bytesOf, textOf, noneOf, has, put, drop} = darkroom.bits;

  const whenIdle = (task) => (window.requestIdleCallback ?? setTimeout)(task, {timeout: 300});

  const escapeText = (text) => text.replace(/[&<>]/g, (sign) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;'}[sign]));

  const element = (className, parent) => {
    const made = document.createElement('div');
    made.className = className;
    parent.append(made);
    return made;
  };

  // What the drawings in two and in three dimensions have in common: an element of their own, which ends with them.
  class Drawing {
    // `owner` is told of outlines (`gather`, `ask`), clicks (`onFocus`), what is hovered (`hover`), and that places have moved.
    constructor(plot, owner) {
      Object.assign(this, {plot, owner, drawings: 0, listens: false});
    }

    // A browser has room for few WebGL contexts, and takes back those of canvases that are gone when it cares to.
    destroy() {
      const contexts = Array.from(this.plot.querySelectorAll('canvas'), (canvas) => canvas.getContext('webgl'));
      window.Plotly?.purge(this.plot);
      this.plot.remove();
      for (const context of contexts) context?.getExtension('WEBGL_lose_context')?.loseContext();
    }

    // Plotly reports what becomes of outlines as if somebody had drawn or cleared them.
    async quietly(draw) {
      this.drawings += 1;
      try {
        await draw();
      } finally {
        this.drawings -= 1;
        if (!this.listens && this.plot.on) this.listen();
        this.follow();
      }
    }

    // What lies over the plot goes with it.
    follow() {
      this.owner.placeRings();
    }

    listen() {
      this.listens = true;
    }

    resize() {
      this.quietly(() => window.Plotly.Plots.resize(this.plot));
    }
  }

  class Scatter {
    // `onPick` is told what was selected, as bits or as an outline and the tool that did it, or null; `onShown` that other
    // points are shown, or in another way; `onPlane` that they are wanted in two dimensions; `onOutline`, where somebody wants
    // to know, what was drawn: {tool, x, y}. `hasCard`: somebody else says what the image under the pointer is.
    constructor(host, legend, {onPick, onFocus, onShown, onPlane, onOutline = null, hasCard = false}) {
      Object.assign(this, {host, legend, onPick, onFocus, onShown, onPlane, onOutline, hasCard, source: null, span: [0, 0]});
      Object.assign(this, {extras: NO_EXTRAS});
      Object.assign(this, {bits: null, selectionId: null, focusId: null, asked: 0});
      Object.assign(this, {members: [[], []], hidden: new Set(), groups: null, grouping: null, colouring: null});
      Object.assign(this, {drawing: null, hoverId: null, hovered: null});
      host.replaceChildren();
      this.hollow = [];
      this.rings = {focus: element('scatter-ring scatter-focused', host), hover: element('scatter-ring', host)};
      this.placeRings();
      this.listening = new AbortController();
      const {signal} = this.listening;
      window.addEventListener('darkroom-hover', ({detail: {id, origin}}) => {
        if (origin === host.id) return;
        this.hoverId = id;
        this.placeRings();
      }, {signal});
      window.addEventListener('darkroom-hollow', () => this.placeHollow(), {signal});
      // A host that was taken out of the page shrinks to nothing.
      this.resizes = new ResizeObserver(() => (host.isConnected ? this.resize() : this.destroy()));
      this.resizes.observe(host);
    }

    get plot() {
      return this.drawing?.plot;
    }

    get drawings() {
      return this.drawing?.drawings ?? 0;
    }

    destroy() {
      this.listening.abort();
      this.resizes.disconnect();
      this.hover(null);
      this.drawing?.destroy();
      this.host.replaceChildren();
      this.source = null;
    }

    // A browser tells of the first size too; drawn once more then, a lasso that has just begun would be lost.
    resize() {
      if (!this.drawing || !this.host.clientHeight || this.size() === this.drawnSize) return;
      this.drawnSize = this.size();
      this.drawing.resize();
    }

    size() {
      return `${this.host.clientWidth} x ${this.host.clientHeight}`;
    }

    // ---- what the page tells it ----

    // The images `first` up to `end` of a source, coloured as `scatter_colours.js` says; `selection` has the `id` and the
    // `bits` of some of them, or is null.
    show(source, [first, end], selection, focusId, colouring) {
      const bits = selection?.bits ?? null;
      const isNew = source.map !== this.source?.map || source.places !== this.source.places || first !== this.span[0];
      const isColoured = colouring.name !== this.colouring?.name;
      const [isSelected, isFocused] = [bits !== this.bits, focusId !== this.focusId];
      if (source.images !== this.source?.images) this.grouping = null;
      const wereHidden = this.hidden.size > 0;
      if (colouring.groups && colouring.grouping !== this.grouping) this.hidden.clear();
      Object.assign(this, {source, span: [first, end], bits, selectionId: selection?.id ?? null, focusId, colouring});
      if (colouring.groups) Object.assign(this, {grouping: colouring.grouping, groups: colouring.groups});
      if (isNew || isColoured) this.nameGroups();  // which may take some of the height
      if (isNew || wereHidden !== this.hidden.size > 0) this.draw();
      else if (isColoured) this.drawing?.recolour(this);
      if (!isNew && isSelected) this.markLater();
      else if (isFocused) this.placeRings();
    }

    // To fade points takes Plotly longer than the grid takes to paint the images, which is what somebody waits for.
    markLater() {
      this.marks = (this.marks ?? 0) + 1;
      const turn = this.marks;
      const isThere = () => turn === this.marks && this.host.isConnected && this.plot?._fullLayout;
      whenIdle(() => isThere() && this.drawing.mark(this));
    }

    // What is drawn around the points of a map in the plane: {traces, shapes} of Plotly's, those that lie `over` the points (see
    // `ScatterOver`), and what of it is seen at first, `window`: left, right, bottom, top; or null. What is the same object as
    // before is not drawn anew.
    decorate(extras) {
      const {extras: before} = this;
      this.extras = extras ?? NO_EXTRAS;
      if (this.extras !== before) this.drawing?.redecorate?.(this);
    }

    clear() {
      this.undraw();
      this.source = null;
      this.legend.replaceChildren();
      this.placeRings();
    }

    draw() {
      const {source: {dims}, span: [first, end]} = this;
      const isLarge = end - first > darkroom.mostDrawn;
      if (dims === 3 && isLarge) return this.refuse();
      this.refusal?.remove();
      this.drawnSize = this.size();
      const Wanted = dims === 3 ? darkroom.Scatter3d : isLarge ? darkroom.ScatterDensity : darkroom.Scatter2d;
      if (this.drawing?.constructor !== Wanted) {
        // One WebGL figure at a time.
        this.drawing?.destroy();
        const plot = document.createElement('div');
        plot.className = 'scatter-plot';
        this.host.prepend(plot);
        this.drawing = new Wanted(plot, this);
      }
      this.drawing.draw(this);
    }

    undraw() {
      this.refusal?.remove();
      this.drawing?.destroy();
      this.hover(null);
      this.drawing = null;
    }

    refuse() {
      const {span: [first, end], host} = this;
      const [most, count] = [darkroom.mostDrawn, end - first].map((number) => number.toLocaleString('en'));
      this.undraw();
      this.refusal = element('scatter-refusal', host);
      const button = Object.assign(document.createElement('button'), {type: 'button', textContent: 'Map them in 2-D'});
      button.onclick = () => this.onPlane();
      this.refusal.append(`In 3-D up to ${most} images are drawn; these are ${count}.`, button);
      this.placeRings();
    }

    // Notes which points are drawn one by one, those that are right and those that are wrong: of all that are shown, those
    // that `isIn` has.
    choose(isIn = () => true) {
      const {source: {labels, predicted, places, dims}, span: [first, end], hidden, groups} = this;
      const [right, wrong] = [[], []];
      for (let id = first; id < end; id += 1) {
        if (Number.isNaN(places[dims * id])) continue;  // not on this map
        if ((hidden.size && hidden.has(groups[id])) || !isIn(id)) continue;
        (!labels || labels[id] === predicted[id] ? right : wrong).push(id);
      }
      this.members = [right, wrong];
    }

    pointSize() {
      const count = this.members[0].length + this.members[1].length;
      return Math.max(3, Math.min(8, 11 - 2 * Math.log10(count + 1)));
    }

    isSelected() {
      if (this.bits === null) return () => true;
      const bytes = bytesOf(this.bits);
      return (id) => has(bytes, id) === 1;
    }

    words(id) {
      const {labels, predicted, confidence, classNames} = this.source;
      const names = [labels, predicted].filter(Boolean).map((classes) => classNames[classes[id]]).join(' \u2192 ');
      return `image ${id}: ${names}, ${Math.round(100 * confidence[id])}%`;
    }

    // The same for Plotly.
    describe(id) {
      return escapeText(this.words(id));
    }

    // ---- rings: the focused image, and the one that is hovered elsewhere ----

    isShown(id) {
      const {source, span: [first, end], hidden, groups} = this;
      return Boolean(source && this.drawing) && id !== null && id >= first && id < end && !(hidden.size && hidden.has(groups[id]));
    }

    // Elements over the plot: to move them costs nothing, to have Plotly draw them would be a frame of everything.
    placeRings() {
      for (const [ring, id] of [[this.rings.focus, this.focusId], [this.rings.hover, this.hoverId]]) {
        const place = this.isShown(id) ? this.drawing.pixelOf(id, this.source) : null;
        ring.hidden = place === null;
        if (place) ring.style.transform = `translate(${place[0]}px, ${place[1]}px)`;
      }
      this.placeHollow();
    }

    // Where images that are on no map would lie, about.
    placeHollow() {
      const {source, drawing, host} = this;
      const points = source && !source.preview && drawing ? darkroom.hollowOn(source.map) : [];
      while (this.hollow.length < points.length) this.hollow.push(element('scatter-hollow', host));
      this.hollow.splice(points.length).forEach((ring) => ring.remove());
      points.forEach(([name, ...spot], number) => {
        const ring = this.hollow[number], place = drawing.pixelOf(0, {places: spot, dims: source.dims});
        Object.assign(ring.dataset, {name});
        ring.hidden = place === null;
        if (place) ring.style.transform = `translate(${place[0]}px, ${place[1]}px)`;
      });
    }

    hover(id) {
      if (id === this.hovered) return;
      this.hovered = id;
      window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: this.host.id}}));
    }

    // ---- classes: hidden, shown alone, selected ----

    nameGroups() {
      const {legend, colouring, hidden} = this;
      darkroom.scatterLegend(legend, colouring, hidden, {
        onToggle: (group) => this.hide(hidden.has(group) ? [...hidden].filter((other) => other !== group) : [...hidden, group]),
        onAlone: (group) => this.hide([...this.colouring.entries.keys()].filter((other) => other !== group)),
        onSelect: (group) => this.pickGroup(group),
        onAll: () => this.hide([]),
      });
    }

    hide(groups) {
      this.hidden = new Set(groups);
      this.nameGroups();
      this.draw();
      this.onShown();
    }

    // How many images of the split the hidden classes have.
    hiddenCount() {
      const {span: [first, end], hidden, groups} = this;
      let count = 0;
      for (let id = first; hidden.size && id < end; id += 1) count += hidden.has(groups[id]);
      return count;
    }

    // Adds a class to what is selected; one that is selected already is taken away.
    pickGroup(group) {
      const {source: {count}, span: [first, end], groups, bits, colouring} = this;
      const tool = bits === null ? colouring.told(group) : 'Selection';
      const how = {onto: bits !== null, byOutcome: this.isOutcome()};
      if (this.drawing?.isRemote) return this.ask({group, hidden: []}, tool, how);
      const bytes = bits === null ? noneOf(count) : bytesOf(bits);
      const ids = [];
      for (let id = first; id < end; id += 1) if (groups[id] === group) ids.push(id);
      if (!ids.length) return;
      const change = ids.every((id) => has(bytes, id)) ? drop : put;
      ids.forEach((id) => change(bytes, id));
      this.pick(bytes, tool, how);
      this.drawing?.mark(this);
    }

    // ---- what is drawn on it ----

    // What an outline encloses is selected, or added to the selection, or taken away from it.
    gather(encloses, tool) {
      const modifier = darkroom.modifier();  // what was held down when the outline was begun
      const bytes = this.enclosed(encloses);
      this.pick(bytes, tool, {onto: Boolean(modifier), byOutcome: this.hidden.size > 0 && this.isOutcome()});
      // An outline stays where it says what is selected.
      if (modifier || this.bits === null) this.drawing.mark(this);
      else this.drawing.fade(this.isSelected());
    }

    // What would be selected then, as bytes.
    enclosed(encloses) {
      const {source: {places, count}, bits} = this;
      const modifier = darkroom.modifier();
      const bytes = modifier && bits !== null ? bytesOf(bits) : noneOf(count);
      for (const id of this.members.flat()) {
        if (encloses(places[2 * id], places[2 * id + 1])) (modifier === 'remove' ? drop : put)(bytes, id);
      }
      return bytes;
    }

    // Whether the classes that can be hidden say what the teacher made of an image: of what is chosen so, its accuracy
    // says nothing.
    isOutcome() {
      return this.grouping === 'predicted' || this.grouping === 'right';
    }

    // What comes back is known already. `onto`: added to what was selected before, or taken away from it.
    pick(bytes, tool, {onto, byOutcome}) {
      this.bits = bytes.some(Boolean) ? textOf(bytes) : null;
      if (this.bits !== null) window.dispatchEvent(new CustomEvent('darkroom-picked', {detail: {bits: this.bits}}));
      this.onPick(this.bits === null ? null : {bits: this.bits, tool, images: this.source.images, onto, by_outcome: byOutcome});
    }

    // The server is asked what `{outline}`, `{box}` or `{group}` comes to.
    ask(what, tool, {how = 'only', onto, byOutcome}) {
      const {source: {images, map}, hidden, grouping} = this;
      this.asked += 1;  // the same once more is asked once more
      this.onPick({
        images, map, tool, how, onto, by_outcome: byOutcome, asked: this.asked, grouping: grouping ?? 'predicted',
        hidden: [...hidden], ...what,
      });
    }

    unpick() {
      Object.assign(this, {bits: null, selectionId: null});
      this.drawing.mark(this);
      this.onPick(null);
    }
  }

  Object.assign(darkroom, {Scatter, ScatterDrawing: Drawing});
})();
