// The image as pixels go from it, or come to it, in the order of a map; a slider goes from step to step, and a line on the curves
// goes with it. And the synthetic image under the pointer.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;

  // The pixels from the highest to the lowest, equal ones as they come: as the curves were made.
  const falling = (map) => Uint32Array.from(map.keys()).sort((one, other) => map[other] - map[one] || one - other);

  let place = null;
  let shown = null;  // {told, row, way, what, order}
  let step = 0;
  let wanted = 0;

  const placeOn = (host) => {
    if (place?.host === host && host.children.length) return;
    host.replaceChildren();
    const canvas = make('canvas', 'explain-step', host);
    canvas.setAttribute('role', 'img');
    const slider = make('input', 'explain-slider', host);
    const words = make('div', 'explain-said', host);
    words.setAttribute('role', 'status');
    Object.assign(slider, {type: 'range', min: 0, step: 1});
    slider.setAttribute('aria-label', 'Step');
    slider.addEventListener('input', () => {
      step = Number(slider.value);
      draw();
    });
    place = {host, canvas, slider, words};
  };

  const draw = () => {
    const {told, row, way, what, order} = shown, {steps, shape, shown: {methods, names, label}} = told;
    step = Math.min(step, steps);
    const size = order.length, count = Math.min(size, step * Math.ceil(size / steps));
    const [from, to] = what === 'deletion' ? [told.image, told.filled] : [told.blurred, told.image];
    const pixels = Uint8Array.from(from);
    for (let channel = 0; channel < shape[0]; channel += 1) {
      for (let at = 0; at < count; at += 1) pixels[channel * size + order[at]] = to[channel * size + order[at]];
    }
    darkroom.paintPixels(place.canvas, pixels, shape);
    const score = told.score(what, way, row, step);
    place.slider.max = steps;
    place.slider.value = step;
    const done = what === 'deletion' ? 'gone' : 'there';
    place.words.replaceChildren(
      make('b', '', null, methods[row].title),
      make('span', '', null, `step ${step} of ${steps}: ${count.toLocaleString('en')} of ${size.toLocaleString('en')} pixels ${done}`),
      make('span', '', null, `${names[label]} ${(100 * score).toFixed(1)}%`),
    );
    place.canvas.setAttribute('aria-label', `The image after step ${step}`);
    Object.assign(place.host.dataset, {step, score, shown: told.shown.key, what, method: methods[row].name});
    line(100 * count / size, score);
  };

  // Curves that are drawn anew come without the line.
  const line = (share, score) => {
    const graph = document.querySelector('#explain-curves .js-plotly-plot');
    if (!graph?.layout || !window.Plotly) return;
    place.at = [share, score];
    if (place.graph !== graph) {
      place.graph = graph;
      graph.on('plotly_afterplot', () => { if (!graph.layout.shapes?.length) line(...place.at); });
    }
    window.Plotly.relayout(graph, {shapes: [{
      type: 'line', x0: share, x1: share, y0: 0, y1: 1, yref: 'paper', line: {width: 1, dash: 'dash', color: 'rgba(128, 128, 128, 0.9)'},
    }], annotations: [{x: share, y: score, text: score.toFixed(2), showarrow: false, xanchor: share > 85 ? 'right' : 'left', yanchor: 'bottom', font: {size: 11}}]});
  };

  let tile = 0;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawScrub(source, picked, way, what, deck) {
      const keep = window.dash_clientside.no_update, turn = (wanted += 1);
      if (!source || deck !== 'explain-curves-panel') return keep;
      const told = await darkroom.fetchExplained(source).catch(() => null);
      const host = await darkroom.element('explain-scrub');
      if (turn !== wanted || !host || !told) return keep;
      const row = Math.max(0, source.methods.findIndex(({name}) => name === picked));
      if (shown?.told.shown.key !== source.key) step = Math.round(told.steps / 4);
      placeOn(host);
      shown = {told, row, way, what, order: falling(told.map(way, row))};
      draw();
      return keep;
    },

    async showSynthetic(hovered, source) {
      const keep = window.dash_clientside.no_update, turn = (tile += 1);
      const host = document.getElementById('explain-relabels-tile');
      const at = hovered?.points?.[0]?.customdata?.[0];
      if (!host || !source || at === undefined) return keep;
      const images = await darkroom.array(source.key, 'synthetic_images').catch(() => null);
      if (turn !== tile || !images) return keep;
      const [count, ...shape] = images.shape, size = shape.reduce((product, side) => product * side, 1);
      host.hidden = at >= count;
      if (at >= count) return keep;
      host.replaceChildren();
      darkroom.paintPixels(make('canvas', '', host), images.subarray(at * size, (at + 1) * size), shape);
      host.dataset.number = at;
      return keep;
    },
  });
})();
