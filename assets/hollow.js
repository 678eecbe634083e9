// Hollow points: about where images lie that are on no map, such as one whose code is moved.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const shown = new Map();  // name -> {key of a map: [[x, y], …]}

  // Shows points on maps, in place of those of the same name.
  const hollow = (name, points) => {
    shown.set(name, points);
    window.dispatchEvent(new Event('darkroom-hollow'));
  };

  // Those of one map, as [name, x, y].
  const hollowOn = (map) => [...shown].flatMap(([name, points]) => (points[map] ?? []).map((place) => [name, ...place]));

  // Keys of the finished maps in the plane that the page shows of these images.
  const shownMaps = (images) => Object.values(darkroom.maps)
    .filter(({host, source}) => host.isConnected && source?.images === images && !source.preview && source.dims === 2)
    .map(({source}) => source.map);

  Object.assign(darkroom, {hollow, hollowOn, shownMaps});
})();
