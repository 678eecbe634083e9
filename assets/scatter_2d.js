// The map in the plane: two traces, circles where the teacher is right and crosses where it is wrong; lasso, box, click.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const FADED = 0.18;  // opacity of what is not selected
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

  class Scatter2d extends darkroom.ScatterDrawing {
    draw(map) {
      map.choose();
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

    traces(map) {
      const size = map.pointSize();
      return [this.trace(map, 0, 'circle', size), this.trace(map, 1, 'x', 1.2 * size)];
    }

    trace(map, number, symbol, size) {
      const {source: {places}, colouring, members: {[number]: ids}} = map;
      return {
        type: 'scattergl', mode: 'markers',
        x: Float32Array.from(ids, (id) => places[2 * id]),
        y: Float32Array.from(ids, (id) => places[2 * id + 1]),
        ...(map.hasCard ? {hoverinfo: 'none'} : {text: ids.map((id) => map.describe(id)), hovertemplate: '%{text}<extra></extra>'}),
        marker: {
          symbol, size, opacity: 0.85, colorscale: colouring.scale, cmin: colouring.least, cmax: colouring.most,
          color: Float32Array.from(ids, (id) => colouring.values[id]),
        },
        unselected: {marker: {opacity: FADED}},
        selectedpoints: this.selected(map)[number],
      };
    }

    layout({source: {map, accent, preview}, span: [first], extras: {shapes, window: seen}}) {
      const axis = {showticklabels: false, zeroline: false, ticks: ''};
      const [across, up] = seen ? [{range: seen.slice(0, 2)}, {range: seen.slice(2)}] : [{}, {}];
      return {
        // A preview is looked at only: each one takes the place of the last.
        uirevision: `${map}-${first}`, dragmode: preview ? 'pan' : 'lasso', hovermode: 'closest', showlegend: false, selections: [],
        paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: {family: 'inherit', size: 12},
        margin: {l: 8, r: 8, t: 4, b: 8}, xaxis: {...axis, ...across}, yaxis: {...axis, ...up, scaleanchor: 'x'},
        shapes: [...shapes, ...(this.line ? [this.line] : [])],
        newshape: {line: {color: accent, width: 2}},
        newselection: {line: {color: accent, width: 1.5, dash: 'dot'}},
        modebar: {bgcolor: 'rgba(0,0,0,0)', orientation: 'v'},
      };
    }

    recolour({members, colouring: {values, scale, least, most}}) {
      return this.quietly(() => window.Plotly.restyle(this.plot, {
        'marker.color': members.map((ids) => Float32Array.from(ids, (id) => values[id])),
        'marker.colorscale': [scale], 'marker.cmin': least, 'marker.cmax': most,
      }, [0, 1]));
    }

    // Fades what is not selected. Plotly hears of it only where no outline is left.
    mark(map) {
      return this.quietly(() => window.Plotly.update(this.plot, {selectedpoints: this.selected(map)}, {selections: []}, [0, 1]));
    }

    selected(map) {
      if (map.bits === null) return [null, null];
      const isSelected = map.isSelected();
      return map.members.map((ids) => ids.flatMap((id, place) => (isSelected(id) ? [place] : [])));
    }

    imageOf({curveNumber, pointNumber}) {
      return this.owner.members[curveNumber][pointNumber];
    }

    // Where an image is, in px of the plot; null outside of what is zoomed to.
    pixelOf(id, {places}) {
      const {xaxis, yaxis} = this.plot._fullLayout ?? {};
      if (!xaxis?.l2p) return null;
      const [x, y] = [xaxis.l2p(places[2 * id]), yaxis.l2p(places[2 * id + 1])];
      const isInside = x >= 0 && x <= xaxis._length && y >= 0 && y <= yaxis._length;
      return isInside ? [xaxis._offset + x, yaxis._offset + y] : null;
    }

    listen() {
      super.listen();
      this.plot.on('plotly_click', ({points: [point]}) => this.owner.onFocus(this.imageOf(point)));
      this.plot.on('plotly_relayout', () => this.owner.placeRings());
      this.plot.on('plotly_relayouting', () => this.owner.placeRings());
      this.plot.on('plotly_deselect', () => this.drawings || this.owner.unpick());
      this.plot.on('plotly_selected', (event) => {
        if (event?.points && !this.drawings) {
          this.owner.onOutline?.(outlineOf(event));
          this.enclose(event);
        }
      });
      this.plot.on('plotly_relayout', ({shapes}) => this.drawings || !shapes || this.keepLine(shapes.at(-1)));
    }

    // Of the lines that are drawn the newest stays.
    keepLine(shape) {
      if (shape?.type !== 'line') return;
      this.line = {...shape, editable: false};
      this.owner.onOutline({tool: 'line', x: [shape.x0, shape.x1], y: [shape.y0, shape.y1]});
      this.quietly(() => window.Plotly.relayout(this.plot, {shapes: [...this.owner.extras.shapes, this.line]}));
    }

    enclose({range, lassoPoints}) {
      this.owner.gather(range ? boxTest(range) : polygonTest(lassoPoints), range ? 'Box' : 'Lasso');
    }
  }

  darkroom.Scatter2d = Scatter2d;
})();
