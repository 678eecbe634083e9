// Another map of the images that the DarkSight map shows, in the same colours.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const PANEL = 'other-map-panel';

  let map = null;  // `MapPlace` comes with a later file

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawOther(source, selected, split, focus, colour, again, lookedAt) {
      const keep = window.dash_clientside.no_update;
      if (lookedAt !== PANEL) return [keep, keep];  // another panel of the deck is in front
      while (document.getElementById('darksight-maps-deck') && !document.getElementById('other-map')) {
        await new Promise((resolve) => setTimeout(resolve, 30));  // it is being laid out
      }
      if (!document.getElementById('other-map')) return [keep, keep];
      map ??= new darkroom.MapPlace('other-map', 'The same images, mapped by another method');
      return map.draw(source, selected, split, focus, colour);
    },
  });
})();
