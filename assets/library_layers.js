// The layers of a net that libraries may be made of: a worker traces them.
(() => {
  let turn = 0;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async offerLayers(source, tab) {
      const mine = (turn += 1);
      if (!source) return [];
      const known = await window.darkroom.askOn('slicer-layers', source, `${tab ?? 'page'}-layers`, () => mine === turn).catch(() => null);
      if (mine !== turn || !known) return window.dash_clientside.no_update;
      return known.map(({name, shape}) => ({value: name, label: `${name}: ${shape.join(' × ')}`}));
    },
  });
})();
