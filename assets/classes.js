// The tree of classes: what is clicked on it. Drawn by Plotly, from what the server says.
(() => {
  const DOUBLE_MS = 400;
  const setProps = (id, data) => window.dash_clientside.set_props(id, {data});
  const plotOf = () => document.querySelector('#classes .js-plotly-plot');

  let add = false;  // Shift was held down when the press began
  let last = {};  // the click before

  const pick = (node) => setProps('classes-picked', {key: plotOf().layout.meta.key, node, add});
  const zoom = (node) => setProps('classes-zoom', {key: plotOf().layout.meta.key, node});

  // One click selects, the second in a row zooms: into a fork, and out of the one that is zoomed to.
  const click = ({id, customdata: [parent, isFork]}) => {
    const now = performance.now();
    const again = last.id === id && now - last.time < DOUBLE_MS;
    last = again ? {} : {id, time: now};
    if (!again) pick(Number(id));
    else if (isFork) zoom(id === plotOf().layout.meta.level ? parent ?? Number(id) : Number(id));
  };

  document.addEventListener('pointerdown', (event) => { add = event.shiftKey; }, {capture: true});

  document.addEventListener('click', (event) => {
    const button = event.target.closest('.classes-node');
    if (!button) return;
    add = event.shiftKey;  // by keyboard too
    if (button.dataset.do === 'zoom') zoom(Number(button.dataset.node));
    else pick(Number(button.dataset.node));
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // Plotly's own click on a sector would zoom.
    async hearClasses(figure) {
      const keep = window.dash_clientside.no_update;
      if (!figure) return keep;
      while (document.getElementById('classes') && !plotOf()?.on) await new Promise((resolve) => setTimeout(resolve, 50));
      const plot = plotOf();
      if (!plot || plot.dataset.hears) return keep;
      plot.dataset.hears = 'true';
      plot.on('plotly_sunburstclick', ({points: [point]}) => {
        click(point);
        return false;
      });
      plot.on('plotly_click', ({points: [point]}) => click(point));
      return keep;
    },
  });
})();
