// The panels of a deck are laid out by Dash at once, but each comes to the page only when it is looked at.
(() => {
  const FRAMES = 120;  // two seconds

  // What `find` gives, once it gives something; null if it does not.
  const once = async (find) => {
    for (let frame = 0; frame < FRAMES; frame += 1) {
      const found = find();
      if (found) return found;
      await new Promise((resume) => requestAnimationFrame(resume));
    }
    return null;
  };

  // The element with this id, once it is there; and the plot in a graph, once Plotly has drawn it.
  const element = (id) => once(() => document.getElementById(id));
  const plot = (id) => once(() => {
    const found = document.querySelector(`#${id} .js-plotly-plot`);
    return found?.on && found._fullLayout ? found : null;
  });

  window.darkroom = Object.assign(window.darkroom || {}, {element, plot});
})();
