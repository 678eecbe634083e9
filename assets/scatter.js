// The map of the images: a point for each, drawn by Plotly on WebGL. Its events stay in the browser; what they come to
// is a bitset or one number.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const FADED = 0.18;  // opacity of what is not selected
  const MOST_NAMED = 20;  // classes that the legend has room for
  const CONFIG = {
    displaylogo: false, doubleClick: 'reset', scrollZoom: true,
    modeBarButtons: [['lasso2d', 'select2d', 'zoom2d', 'pan2d', 'resetScale2d']],
  };

  const escapeText = (text) => text.replace(/[&<>]/g, (sign) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;'}[sign]));
  const bytesOf = (bits) => Uint8Array.from(atob(bits), (character) => character.charCodeAt(0));
  const bitsOf = (bytes) => {
    let text = '';
    for (let start = 0; start < bytes.length; start += 8192) {
      text += String.fromCharCode(...bytes.subarray(start, start + 8192));
    }
    return btoa(text);
  };
  const has = (bytes, id) => (bytes[id >> 3] >> (id & 7)) & 1;

  // A step of the colour scale for each class.
  const scaleOf = (colours) => colours.flatMap((colour, number) =>
    [[number / colours.length, colour], [(number + 1) / colours.length, colour]]);

  const boxTest = ({x: [left, right], y: [bottom, top]}) => (x, y) => x >= left && x <= right && y >= bottom && y <= top;

  // Whether a line from the point to the right crosses the outline an odd number of times.
  const polygonTest = ({x: xs, y: ys}) => (x, y) => {
    let inside = false;
    for (let i = 0, j = xs.length - 1; i < xs.length; j = i, i += 1) {
      if (ys[i] > y !== ys[j] > y && x < xs[i] + (xs[j] - xs[i]) * (y - ys[i]) / (ys[j] - ys[i])) inside = !inside;
    }
    return inside;
  };

  class Scatter {
    // `onPick` is told what a lasso or a box came to: bits and "Lasso" or "Box"; or null, for nothing selected.
    constructor(host, {onPick = () => {}, onFocus = () => {}} = {}) {
      Object.assign(this, {host, onPick, onFocus, source: null, name: null, members: [], bits: null, focusId: null});
      Object.assign(this, {listens: false, modifier: null, drawings: 0});
      this.plot = document.createElement('div');
      this.plot.className = 'scatter-plot';
      this.legend = document.createElement('div');
      this.legend.className = 'scatter-legend';
      host.replaceChildren(this.plot, this.legend);
      // What is held down when a lasso begins says what is to be done with it.
      this.plot.addEventListener('pointerdown', (event) => {
        this.modifier = event.shiftKey ? 'add' : event.altKey ? 'remove' : null;
      }, {capture: true});
      // A host that was taken out of the page shrinks to nothing.
      this.resizes = new ResizeObserver(() => (host.isConnected ? this.resize() : this.destroy()));
      this.resizes.observe(host);
    }

    destroy() {
      this.resizes.disconnect();
      window.Plotly?.purge(this.plot);
      this.host.replaceChildren();
      this.name = null;
    }

    // A browser tells of the first size too; drawn once more then, a lasso that has just begun would be lost.
    resize() {
      if (!this.name || !this.plot.clientHeight || this.size() === this.drawnSize) return;
      this.drawnSize = this.size();
      this.quietly(() => window.Plotly.Plots.resize(this.plot));
    }

    size() {
      return `${this.plot.clientWidth} x ${this.plot.clientHeight}`;
    }

    // ---- what the page tells it ----

    // The images `first` up to `end` of a source; `bits` selects some of them, null none.
    show(source, [first, end], bits, focusId) {
      const name = `${source.map}-${first}`;
      const isNew = name !== this.name;
      const isSelected = bits !== this.bits;
      const isFocused = focusId !== this.focusId;
      Object.assign(this, {source, name, bits, focusId});
      if (isNew) this.draw(first, end);
      else if (isSelected) this.mark();
      else if (isFocused) this.quietly(() => window.Plotly.relayout(this.plot, {shapes: this.ring()}));
    }

    clear() {
      if (this.name) window.Plotly.purge(this.plot);
      Object.assign(this, {name: null, listens: false});
      this.legend.replaceChildren();
    }

    draw(first, end) {
      const {labels, predicted} = this.source;
      const right = [];
      const wrong = [];
      for (let id = first; id < end; id += 1) (!labels || labels[id] === predicted[id] ? right : wrong).push(id);
      this.members = [right, wrong];
      const size = Math.max(3, Math.min(8, 11 - 2 * Math.log10(end - first + 1)));
      const traces = [this.trace(right, 'circle', size), this.trace(wrong, 'x', 1.2 * size)];
      this.nameClasses();  // which takes some of the height
      this.drawnSize = this.size();
      this.quietly(() => window.Plotly.react(this.plot, traces, this.layout(), CONFIG));
      if (!this.listens) this.listen();
    }

    trace(ids, symbol, size) {
      const {places, labels, predicted, colours} = this.source;
      const classes = labels || predicted;
      return {
        type: 'scattergl', mode: 'markers',
        x: Float32Array.from(ids, (id) => places[2 * id]),
        y: Float32Array.from(ids, (id) => places[2 * id + 1]),
        text: ids.map((id) => this.describe(id)),
        hovertemplate: '%{text}<extra></extra>',
        marker: {
          symbol, size, opacity: 0.85, colorscale: scaleOf(colours), cmin: -0.5, cmax: colours.length - 0.5,
          color: Float32Array.from(ids, (id) => classes[id]),
        },
        unselected: {marker: {opacity: FADED}},
        selectedpoints: this.selectedOf(ids),
      };
    }

    layout() {
      const axis = {showticklabels: false, zeroline: false, ticks: ''};
      return {
        uirevision: this.name, dragmode: 'lasso', hovermode: 'closest', showlegend: false, selections: [], shapes: this.ring(),
        paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: {family: 'inherit', size: 12},
        margin: {l: 8, r: 8, t: 4, b: 8}, xaxis: axis, yaxis: {...axis, scaleanchor: 'x'},
        newselection: {line: {color: this.source.accent, width: 1.5, dash: 'dot'}},
        modebar: {bgcolor: 'rgba(0,0,0,0)', orientation: 'v'},
      };
    }

    // Fades what is not selected. Plotly hears of it only where no outline is left.
    mark() {
      this.quietly(() => window.Plotly.update(
        this.plot, {selectedpoints: this.members.map((ids) => this.selectedOf(ids))},
        {selections: [], shapes: this.ring()},
      ));
    }

    // Plotly reports what becomes of outlines as if somebody had drawn or cleared them.
    async quietly(draw) {
      this.drawings += 1;
      try {
        await draw();
      } finally {
        this.drawings -= 1;
      }
    }

    selectedOf(ids) {
      if (this.bits === null) return null;
      const bytes = bytesOf(this.bits);
      return ids.flatMap((id, place) => (has(bytes, id) ? [place] : []));
    }

    ring() {
      const {source: {places, accent}, focusId: id, members} = this;
      if (id === null || !members.some((ids) => ids.includes(id))) return [];
      return [{
        type: 'circle', xsizemode: 'pixel', ysizemode: 'pixel', xanchor: places[2 * id], yanchor: places[2 * id + 1],
        x0: -9, x1: 9, y0: -9, y1: 9, line: {color: accent, width: 3},
      }];
    }

    describe(id) {
      const {labels, predicted, confidence, classNames} = this.source;
      const names = [labels, predicted].filter(Boolean).map((classes) => classNames[classes[id]]).join(' \u2192 ');
      return escapeText(`image ${id}: ${names}, ${Math.round(100 * confidence[id])}%`);
    }

    nameClasses() {
      const {classNames, colours} = this.source;
      this.legend.replaceChildren(...(classNames.length > MOST_NAMED ? [] : classNames.map((name, number) => {
        const entry = document.createElement('span');
        entry.textContent = name;
        entry.style.setProperty('--colour', colours[number]);
        return entry;
      })));
    }

    // ---- what is done on it ----

    listen() {
      this.listens = true;
      this.plot.on('plotly_click', ({points: [point]}) => this.onFocus(this.members[point.curveNumber][point.pointNumber]));
      this.plot.on('plotly_deselect', () => this.drawings || this.pick(null));
      this.plot.on('plotly_selected', (event) => {
        if (event?.points && !this.drawings) this.gather(event);
      });
    }

    // What the outline encloses is selected, or added to the selection, or taken away from it.
    gather({range, lassoPoints}) {
      const {source: {places, count}, modifier} = this;
      const bytes = modifier && this.bits !== null ? bytesOf(this.bits) : new Uint8Array(Math.ceil(count / 8));
      const encloses = range ? boxTest(range) : polygonTest(lassoPoints);
      for (const id of this.members.flat()) {
        if (!encloses(places[2 * id], places[2 * id + 1])) continue;
        if (modifier === 'remove') bytes[id >> 3] &= ~(1 << (id & 7));
        else bytes[id >> 3] |= 1 << (id & 7);
      }
      this.pick(bytes.some(Boolean) ? bitsOf(bytes) : null, range ? 'Box' : 'Lasso');
    }

    // What comes back is known already. An outline stays where it says what is selected.
    pick(bits, tool = '') {
      this.bits = bits;
      if (this.modifier || bits === null) this.mark();
      this.onPick(bits === null ? null : {bits, tool, images: this.source.images, onto: Boolean(this.modifier)});
    }
  }

  darkroom.Scatter = Scatter;

  // plotly.js comes with the first dcc.Graph of the page.
  const plotly = async () => {
    while (!window.Plotly) await new Promise((resolve) => setTimeout(resolve, 50));
  };

  let scatter = null;
  let drawn = 0;
  const repeat = darkroom.repeater('scatter-again');

  const scatterOn = (host) => {
    if (!scatter || scatter.host !== host) {
      scatter?.destroy();
      const {set_props: set} = window.dash_clientside;
      scatter = new Scatter(host, {
        onPick: (picked) => (picked ? set('scatter-picked', {data: picked}) : set('selection', {data: null})),
        onFocus: (id) => set('focus', {data: id}),
      });
      // For the page's tests, and for whoever opens the console.
      darkroom.scatter = scatter;
    }
    return scatter;
  };

  const percent = (share) => `${Math.round(100 * share)}%`;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // Tells the map what to show. Returns [how often it was told, the panel's line].
    async drawScatter(source, selected, split, focus) {
      const keep = window.dash_clientside.no_update;
      const turn = (drawn += 1);
      repeat.stop();
      const host = document.getElementById('scatter');
      if (!source) {
        scatterOn(host).clear();
        return [keep, 'Images by what the teacher makes of them'];
      }
      const fetched = await Promise.all([
        darkroom.array(source.map, 'places'),
        source.labels ? darkroom.array(source.images, 'labels') : null,
        darkroom.array(source.predictions, 'predicted'),
        darkroom.array(source.predictions, 'confidence'),
        plotly(),
      ]).catch(() => null);
      if (turn !== drawn || !host.isConnected) return [keep, keep];  // a newer call is under way
      if (!fetched) {
        repeat.later(drawn);
        return [keep, 'Could not be fetched; asked for again'];
      }
      repeat.done();
      const [places, labels, predicted, confidence] = fetched;
      const selection = selected?.images === source.images ? selected : null;  // made in another image set
      const shown = split === 'train' ? [0, source.n_train] : [source.n_train, source.count];
      scatterOn(host).show(
        {...source, places, labels, predicted, confidence, classNames: source.class_names},
        shown, selection?.bits ?? null, focus ?? null,
      );
      const [first, second] = source.explained_variance.map(percent);
      const count = (shown[1] - shown[0]).toLocaleString('en');
      return [turn, `${source.method}: ${first} + ${second} of the variance \u00b7 ${count} ${source.n_train ? `${split} ` : ''}images`];
    },
  });
})();
