// What a study is opened for is drawn first: map, matrix and images. The other graphs of the page, curves and some that have
// nothing to show yet, wait until these are painted. plotly.js is there already: it stands in the page before the assets.
(() => {
  const MOST_MS = 2000;  // that they wait: there may be no map yet, and no images
  const LOOK_MS = 20;

  const {react} = window.Plotly;

  const isPainted = () => !document.querySelector('#matrix') || document.querySelector('#grid')?.dataset.ready === 'true'
    && document.querySelector('#matrix .js-plotly-plot')?.calcdata
    && window.darkroom.maps.scatter?.drawings === 0 && window.darkroom.maps.scatter.drawing !== null;

  const untilPainted = async () => {
    const began = performance.now();
    while (!isPainted() && performance.now() - began < MOST_MS) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    window.Plotly.react = react;
  };

  let painted = null;

  window.Plotly.react = async (plot, ...figure) => {
    if (!plot.closest?.('#matrix, .scatter')) await (painted ??= untilPainted());
    return plot.isConnected ? react(plot, ...figure) : plot;
  };
})();
