// The map in the plane, of more points than Plotly can draw: a picture of how many lie where, which the server makes of what
// is in view; where few are in view they are points. What an outline encloses is found on the server too.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const EDGE = 0.04;  // of the map, that is left free around it
  const MOST_PIXELS = 4e6;  // as in `dashboard/density.py`
  const RETRY_MS = 2000;

  const dataUrl = (blob) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    Object.assign(reader, {onload: () => resolve(reader.result), onerror: reject});
    reader.readAsDataURL(blob);
  });

  class ScatterDensity extends darkroom.Scatter2d {
    // `isFew`: what is in view is drawn as points. `keeps`: the outline says what will be selected.
    constructor(plot, owner) {
      super(plot, owner);
      Object.assign(this, {isRemote: true, isFew: false, keeps: false, name: null, seen: null, address: null, images: []});
    }

    destroy() {
      this.abandon();
      super.destroy();
    }

    abandon() {
      this.fetching?.abort();
      clearTimeout(this.retry);
      this.address = null;
    }

    async draw(map) {
      const {source: {map: key, preview}, span: [first]} = map;
      const name = [key, first, preview].join();
      if (name === this.name) return this.refill();
      this.abandon();
      Object.assign(this, {name, home: this.homeOf(map), images: []});
      this.chooseIn(this.home);
      this.sort(map.isSelected());
      await this.react(map);
      this.seen = null;  // room around it may have come into view
      return this.look();
    }

    traces() {
      return [];
    }

    layout(map) {
      const layout = super.layout(map);
      const [left, right, bottom, top] = this.home;
      const [xaxis, yaxis] = [{...layout.xaxis, range: [left, right]}, {...layout.yaxis, range: [bottom, top]}];
      return {...layout, uirevision: this.name, xaxis, yaxis, images: this.images};
    }

    // From where to where the images of the split lie, and some room around them.
    homeOf({source: {places}, span: [first, end]}) {
      const box = this.boxOf(places, end - first, (place) => first + place);
      const edge = EDGE * Math.max(box[1] - box[0], box[3] - box[2]) || 1;
      return [box[0] - edge, box[1] + edge, box[2] - edge, box[3] + edge];
    }

    async redecorate(map) {
      await this.react(map);
      return this.refill();
    }

    async resize() {
      await this.quietly(() => window.Plotly.Plots.resize(this.plot));
      this.look();
    }

    view() {
      const {xaxis, yaxis} = this.plot._fullLayout;
      return [...xaxis.range, ...yaxis.range];
    }

    // ---- points, where few are in view ----

    chooseIn([left, right, bottom, top]) {
      const {owner} = this;
      const {source: {places}, span: [first, end], hidden, groups} = owner;
      const isIn = (id) => {
        const [x, y] = [places[2 * id], places[2 * id + 1]];
        return x >= left && x <= right && y >= bottom && y <= top;
      };
      let count = 0;
      for (let id = first; id < end && count <= darkroom.mostDrawn; id += 1) {
        count += isIn(id) && !(hidden.size && hidden.has(groups[id]));
      }
      this.isFew = count <= darkroom.mostDrawn;
      if (this.isFew) owner.choose(isIn);
      else owner.members = [[], []];
    }

    // The same view with other points, colours or a picture.
    async refill() {
      if (!this.plot._fullLayout) return;  // it is no longer there
      this.chooseIn(this.view());
      this.fade(this.owner.isSelected());
      if (this.isFew && this.images.length) {
        this.images = [];
        await this.quietly(() => window.Plotly.relayout(this.plot, {images: []}));
      }
      this.draft();
      this.owner.placeRings();  // a class may be hidden
    }

    // What is in view may have changed.
    async look() {
      if (!this.plot._fullLayout) return;
      const seen = this.view().join();
      if (seen === this.seen) return;
      this.seen = seen;
      await this.refill();
    }

    recolour() {
      return this.refill();
    }

    async mark({bits}) {
      const keeps = this.keeps && bits !== null;
      this.keeps = false;
      if (!keeps) await this.clearOutline();
      await this.refill();
    }

    // ---- the picture, where many are ----

    // Has the picture of what is in view made; the one before is stretched meanwhile.
    draft() {
      if (!this.plot._fullLayout) return;
      this.owner.onShown();
      const address = this.isFew ? null : this.addressOf();
      if (address === this.address) return;
      this.abandon();
      this.address = address;
      if (address) this.fetch(address, this.view());
    }

    addressOf() {
      const {source, span: [first], hidden, grouping, colouring, selectionId} = this.owner;
      const {xaxis: {_length: width}, yaxis: {_length: height}} = this.plot._fullLayout;
      const ratio = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));  // a point is a pixel of CSS, or nobody would see it
      const query = new URLSearchParams({
        images: source.images, predictions: source.predictions, split: first < source.n_train ? 'train' : 'test', by: source.measures?.[colouring.name] ? 'measure' : colouring.name,
        window: this.view().join(), size: [width, height].map((length) => Math.max(1, Math.floor(ratio * length))).join(),
      });
      if (hidden.size) query.set('hidden', [...hidden].join());
      if (hidden.size) query.set('grouping', grouping);
      if (selectionId) query.set('selection', selectionId);
      if (source.measures?.[colouring.name]) {
        const {key, array} = source.measures[colouring.name];
        query.set('measure', [key, array, colouring.least, colouring.most].join());
      }
      if (source.preview) query.set('preview', source.preview);
      return `/density/${source.map}.png?${query}`;
    }

    async fetch(address, [left, right, bottom, top]) {
      this.fetching = new AbortController();
      const picture = await fetch(address, {signal: this.fetching.signal})
        .then((response) => (response.status === 200 ? response.blob() : null))  // 204: a preview that is over
        .then((blob) => blob && dataUrl(blob))
        .catch(() => null);
      if (address !== this.address) return;  // a newer one is wanted
      if (!picture) {
        this.address = null;
        this.retry = setTimeout(() => this.draft(), RETRY_MS);
        return;
      }
      this.images = [{
        source: picture, xref: 'x', yref: 'y', x: left, y: top, sizex: right - left, sizey: top - bottom, sizing: 'stretch',
        layer: 'above',  // of the lines of the grid
      }];
      await this.quietly(() => window.Plotly.relayout(this.plot, {images: this.images}));
      this.look();  // somebody may have zoomed meanwhile
    }

    // ---- what is done on it ----

    words(images) {
      const count = this.owner.members[0].length + this.owner.members[1].length;
      return this.isFew ? `${count.toLocaleString('en')} points in view, of ${images}`
        : `Density of ${images}; zoom in for points`;
    }

    // What an outline would select only the server knows.
    foresee() {}

    enclose({range, lassoPoints}) {
      const {owner} = this;
      const modifier = darkroom.modifier();  // what was held down when the outline was begun
      this.keeps = !modifier;
      owner.ask(range ? {box: range} : {outline: lassoPoints}, range ? 'Box' : 'Lasso', {
        how: modifier ?? 'only', onto: Boolean(modifier), byOutcome: owner.hidden.size > 0 && owner.isOutcome(),
      });
      if (modifier) this.clearOutline();
    }

    // Those of a picture are clicked like points, but there are too many to tell what the pointer is over.
    point(event) {
      super.point(this.isFew ? event : null);
    }

    eachDrawn(tell) {
      if (this.isFew) return super.eachDrawn(tell);
      const {span: [first, end], hidden, groups} = this.owner;
      for (let id = first; id < end; id += 1) if (!(hidden.size && hidden.has(groups[id]))) tell(id);
    }

    listen() {
      super.listen();
      this.plot.on('plotly_relayout', () => this.drawings || this.look());
    }
  }

  darkroom.ScatterDensity = ScatterDensity;
})();
