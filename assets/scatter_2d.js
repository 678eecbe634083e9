// The map in the plane: circles where the teacher is right and crosses where it is wrong; lasso, box, click. Plotly has the
// axes and what is drawn on them; the points are a canvas of our own (`scatter_points.js`).
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const NEAR = 20;  // px between the pointer and the image that is meant
  const STILL = 4;  // px that a click may move
  const CONFIG = {
    displaylogo: false, doubleClick: 'reset', scrollZoom: true,
  };
  const BUTTONS = ['lasso2d', 'select2d', 'zoom2d', 'pan2d', 'resetScale2d'];

  const boxTest = ({x: [left, right], y: [bottom, top]}) => (x, y) => x >= left && x <= right && y >= bottom && y <= top;

  // Whether a line from the point to the right crosses the outline an odd number of times.
  const polygonTest = ({x: xs, y: ys}) => (x, y) => {
    let inside = false;
    for (let i = 0, j = xs.length - 1; i < xs.length; j = i, i += 1) {
      if (ys[i] > y !== ys[j] > y && x < xs[i] + (xs[j] - xs[i]) * (y - ys[i]) / (ys[j] - ys[i])) inside = !inside;
    }
    return inside;
  };

  // A closed outline, as far as it goes, of what Plotly says was drawn.
  const outlineOf = ({range, lassoPoints}) => {
    if (!range) return {tool: 'lasso', x: [...lassoPoints.x], y: [...lassoPoints.y]};
    const [[left, right], [bottom, top]] = [range.x, range.y];
    return {tool: 'box', x: [left, right, right, left], y: [bottom, bottom, top, top]};
  };

  const testOf = ({range, lassoPoints}) => (range ? boxTest(range) : polygonTest(lassoPoints));

  class Scatter2d extends darkroom.ScatterDrawing {
    // `parts`: the points as they are painted one after the other; `bright` are those that are not faded, `painted` is how many
    // are on the canvas.
    constructor(plot, owner) {
      super(plot, owner);
      Object.assign(this, {points: new darkroom.ScatterPoints(), over: new darkroom.ScatterOver(), tip: new darkroom.Tip(), parts: [], bright: [], painted: null, lines: 0});
      plot.pointTraces = () => this.pointTraces();
    }

    destroy() {
      this.tip.remove();
      super.destroy();
    }

    draw(map) {
      map.choose();
      this.sort(map.isSelected());
      return this.react(map);
    }

    react(map) {
      const traces = [...this.traces(map), ...map.extras.traces];
      return this.quietly(() => window.Plotly.react(this.plot, traces, this.layout(map), this.config(map)));
    }

    // Where somebody wants to know of outlines, a line is one too.
    config({onOutline}) {
      return {...CONFIG, modeBarButtons: [onOutline ? [...BUTTONS.slice(0, 2), 'drawline', ...BUTTONS.slice(2)] : BUTTONS]};
    }

    redecorate(map) {
      return this.react(map);
    }

    // All that Plotly is told of the points is from where to where they lie.
    traces(map) {
      const ids = map.members.flat();
      const [left, right, bottom, top] = this.boxOf(map.source.places, ids.length, (place) => ids[place]);
      const [x, y] = ids.length ? [[left, right], [bottom, top]] : [[], []];
      return [{type: 'scatter', mode: 'markers', x, y, marker: {size: map.pointSize(), opacity: 0}, hoverinfo: 'skip'}];
    }

    // Where some of the images lie: left, right, bottom, top.
    boxOf(places, count, idAt) {
      const box = [Infinity, -Infinity, Infinity, -Infinity];
      for (let place = 0; place < count; place += 1) {
        for (const axis of [0, 1]) {
          const at = places[2 * idAt(place) + axis];
          if (at < box[2 * axis]) box[2 * axis] = at;
          if (at > box[2 * axis + 1]) box[2 * axis + 1] = at;
        }
      }
      return box;
    }

    layout({source: {map, accent, preview}, span: [first], extras: {shapes, window: seen}}) {
      const axis = {showticklabels: false, zeroline: false, ticks: ''};
      const [across, up] = seen ? [{range: seen.slice(0, 2)}, {range: seen.slice(2)}] : [{}, {}];
      return {
        // A preview is looked at only: each one takes the place of the last.
        uirevision: `${map}-${first}`, editrevision: this.lines, dragmode: preview ? 'pan' : 'lasso', hovermode: 'closest', showlegend: false, selections: [],
        paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: {family: 'inherit', size: 12},
        margin: {l: 8, r: 8, t: 4, b: 8}, xaxis: {...axis, ...across}, yaxis: {...axis, ...up, scaleanchor: 'x'},
        shapes,
        newshape: {line: {color: accent, width: 2}},
        newselection: {line: {color: accent, width: 1.5, dash: 'dot'}},
        modebar: {bgcolor: 'rgba(0,0,0,0)', orientation: 'v'},
      };
    }

    // ---- points ----

    // What is not `isBright` is faded, and lies under the rest.
    sort(isBright) {
      const [right, wrong] = this.owner.members;
      this.painted = null;
      const of = (ids, wanted) => ids.filter((id) => isBright(id) === wanted);
      this.bright = [of(right, true), of(wrong, true)];
      const faded = [right, wrong].map((ids, number) => (ids.length > this.bright[number].length ? of(ids, false) : []));
      this.parts = [[faded[0], false, true], [faded[1], true, true], [this.bright[0], false, false], [this.bright[1], true, false]];
    }

    paint() {
      const {owner: {source, colouring}, plot: {_fullLayout: {xaxis, yaxis} = {}}} = this;
      if (!xaxis?._length || !source) return;
      const {canvas} = this.points;
      const under = this.plot.querySelector('.gl-container');  // over the axes, under the lasso
      if (canvas.parentNode !== under) under.prepend(canvas);
      const box = {left: xaxis._offset, top: yaxis._offset, width: xaxis._length, height: yaxis._length};
      this.points.paint(source, this.parts, colouring, this.owner.pointSize(), box, [...xaxis.range, ...yaxis.range]);
      this.painted = this.parts.reduce((count, [ids]) => count + ids.length, 0);
      this.paintOver(box, [...xaxis.range, ...yaxis.range]);
    }

    paintOver(box, seen) {
      const {over, plot, owner: {extras}} = this;
      if (!extras.over.length) return over.canvas.remove();
      if (!over.canvas.parentNode) plot.querySelector('.modebar-container').before(over.canvas);
      return over.paint(extras.over, box, seen, this.colours(), getComputedStyle(plot).fontFamily);
    }

    // Those of the page.
    colours() {
      const style = getComputedStyle(this.plot);
      return Object.fromEntries(['text', 'surface'].map((name) => [name, style.getPropertyValue(`--darkroom-${name}`).trim()]));
    }

    follow() {
      this.paint();
      super.follow();
    }

    recolour() {
      this.paint();
    }

    // Fades what is not selected. An outline says nothing any more.
    mark(map) {
      this.fade(map.isSelected());
      return this.clearOutline();
    }

    fade(isBright) {
      this.sort(isBright);
      this.paint();
    }

    async clearOutline() {
      if (!this.plot.layout?.selections?.length) return;
      await this.quietly(() => window.Plotly.relayout(this.plot, {selections: []}));
    }

    // The points as Plotly would draw them, and what lies over them, for a picture to take along.
    pointTraces() {
      const edge = {width: 1.2, color: this.colours().text};
      return [...this.drawnPoints(), ...this.owner.extras.over.map((trace) => ({...trace, marker: {...trace.marker, line: edge}}))];
    }

    drawnPoints() {
      const {owner: {source: {places}, colouring}, parts} = this;
      const size = this.owner.pointSize();
      return parts.filter(([ids]) => ids.length).map(([ids, isWrong, isFaded]) => ({
        type: 'scatter', mode: 'markers', x: ids.map((id) => places[2 * id]), y: ids.map((id) => places[2 * id + 1]),
        marker: {
          ...darkroom.scatterSymbol(isWrong, isFaded, size), colorscale: colouring.scale, cmin: colouring.least, cmax: colouring.most,
          color: ids.map((id) => colouring.values[id]),
        },
      }));
    }

    // Where an image is, in px of the plot; null outside of what is zoomed to.
    pixelOf(id, {places}) {
      const {xaxis, yaxis} = this.plot._fullLayout ?? {};
      if (!xaxis?.l2p) return null;
      const [x, y] = [xaxis.l2p(places[2 * id]), yaxis.l2p(places[2 * id + 1])];
      const isInside = x >= 0 && x <= xaxis._length && y >= 0 && y <= yaxis._length;
      return isInside ? [xaxis._offset + x, yaxis._offset + y] : null;
    }

    // ---- what is done on it ----

    // The image that is drawn nearest to a place in px of the plot; null where none is near.
    nearest([x, y]) {
      const {source: {places}} = this.owner;
      const {xaxis, yaxis} = this.plot._fullLayout;
      const at = [xaxis.p2l(x - xaxis._offset), yaxis.p2l(y - yaxis._offset)];
      let [found, least] = [null, (xaxis.p2l(NEAR) - xaxis.p2l(0)) ** 2];
      this.eachDrawn((id) => {
        const far = (places[2 * id] - at[0]) ** 2 + (places[2 * id + 1] - at[1]) ** 2;
        if (far < least) [found, least] = [id, far];
      });
      return found;
    }

    eachDrawn(tell) {
      for (const ids of this.owner.members) ids.forEach(tell);
    }

    // Tells what is under the pointer; null for nothing.
    point(event) {
      const id = event && this.plot._fullLayout?.xaxis?._length ? this.nearest(this.spotOf(event)) : null;
      this.owner.hover(id);
      if (id === null || this.owner.hasCard) return this.tip.hide();
      this.tip.show(this.owner.words(id), {x: event.clientX, y: event.clientY}, this.plot.closest('.panel') ?? this.plot);
    }

    spotOf({clientX, clientY}) {
      const box = this.plot.getBoundingClientRect();
      return [clientX - box.left, clientY - box.top];
    }

    listen() {
      super.listen();
      const {plot, owner} = this;
      const isOnMap = (event) => Boolean(event.target.closest?.('.nsewdrag'));
      let pressed = null;
      plot.addEventListener('pointermove', (event) => this.point(event.buttons || !isOnMap(event) ? null : event));
      plot.addEventListener('pointerleave', () => this.point(null));
      plot.addEventListener('pointerdown', (event) => {
        pressed = event.button === 0 && isOnMap(event) ? this.spotOf(event) : null;
      }, {capture: true});
      plot.addEventListener('click', (event) => {
        const [from, to] = [pressed, this.spotOf(event)];
        pressed = null;
        if (!from || Math.hypot(to[0] - from[0], to[1] - from[1]) >= STILL) return;
        const id = this.nearest(to);
        if (id !== null) owner.onFocus(id);
      }, {capture: true});
      plot.on('plotly_relayout', ({shapes}) => {
        this.follow();
        if (shapes && !this.drawings) this.tellLine(shapes.at(-1));
      });
      plot.on('plotly_relayouting', () => {
        this.point(null);
        this.follow();
      });
      plot.on('plotly_deselect', () => this.drawings || owner.unpick());
      plot.on('plotly_selecting', (event) => event && !this.drawings && this.foresee(event));
      plot.on('plotly_selected', (event) => {
        if (!event?.points || this.drawings) return;
        owner.onOutline?.(outlineOf(event));
        this.enclose(event);
      });
    }

    // Who is told of a line draws it among the `extras`; what Plotly has of it goes with the next drawing.
    tellLine(shape) {
      if (shape?.type !== 'line') return;
      this.lines += 1;
      this.owner.onOutline({tool: 'line', x: [shape.x0, shape.x1], y: [shape.y0, shape.y1]});
    }

    // Shows what an outline would select, a frame at a time while it is drawn.
    foresee(outline) {
      if (!this.foreseen) {
        requestAnimationFrame(() => {
          const {foreseen} = this;
          this.foreseen = null;
          if (!foreseen || !this.plot.isConnected) return;
          const bytes = this.owner.enclosed(testOf(foreseen));
          this.fade((id) => darkroom.bits.has(bytes, id) === 1);
        });
      }
      this.foreseen = outline;
    }

    enclose(outline) {
      this.foreseen = null;
      this.owner.gather(testOf(outline), outline.range ? 'Box' : 'Lasso');
    }
  }

  darkroom.Scatter2d = Scatter2d;
})();
