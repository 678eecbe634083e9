// The layers of a net that libraries may be made of: a worker traces them.
(() => {
  const AGAIN = 2000;  // ms, until a worker that did not answer is asked once more

  let turn = 0;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async offerLayers(source, tab) {
      const mine = (turn += 1);
      while (source && mine === turn) {
        const known = await window.darkroom.ask('slicer-layers', source, `${tab ?? 'page'}-layers`).catch((error) => error);
        if (mine !== turn) break;
        if (!(known instanceof Error)) return known.map(({name, shape}) => ({value: name, label: `${name}: ${shape.join(' × ')}`}));
        if (known.status !== 503) break;
        await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
      }
      return source ? window.dash_clientside.no_update : [];
    },
  });
})();
