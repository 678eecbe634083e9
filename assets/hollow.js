// Hollow points: about where images lie that are on no map, such as one whose code is moved.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const shown = new Map();  // name -> {points: {key of a map: [[x, y], …]}, host}

  const tell = () => window.dispatchEvent(new Event('darkroom-hollow'));

  // Whose host was taken out of the page, by which it shrinks to nothing, are shown no longer.
  const watch = new ResizeObserver((entries) => {
    for (const {target} of entries) {
      if (target.isConnected) continue;
      watch.unobserve(target);
      for (const [name, {host}] of shown) if (host === target) shown.delete(name);
      tell();
    }
  });

  // Shows points on maps, in place of those of the same name, as long as `host` is on the page.
  const hollow = (name, points, host) => {
    if (host?.isConnected) {
      shown.set(name, {points, host});
      watch.observe(host);
    } else shown.delete(name);
    tell();
  };

  // Those of one map, as [name, x, y].
  const hollowOn = (map) => [...shown].flatMap(([name, {points}]) => (points[map] ?? []).map((place) => [name, ...place]));

  // Keys of the finished maps in the plane that the page shows of these images; `place` names where, if not anywhere.
  const shownMaps = (images, place = null) => Object.entries(darkroom.maps)
    .filter(([name]) => place === null || name === place)
    .map(([, map]) => map)
    .filter(({host, source}) => host.isConnected && source?.images === images && !source.preview && source.dims === 2)
    .map(({source}) => source.map);

  Object.assign(darkroom, {hollow, hollowOn, shownMaps});
})();
