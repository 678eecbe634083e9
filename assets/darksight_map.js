// The DarkSight map: points as on every map, and around them what the student is: contours of its density, a star at the centre of
// each class; the regions in which a rule refuses to answer; and the bridge that was drawn on it.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const TITLE = 'Predictions, placed so that a simple student can mimic them';
  const EDGE = 0.08;  // of the map, that stays free around it
  const FEW = 20;  // classes, of which names stand at the stars in the size of the text

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);

  const rowsOf = (values, width) => Array.from({length: values.length / width}, (_, row) => values.subarray(row * width, (row + 1) * width));

  // Lines equally far apart in the logarithm of the density, from the least that a point has.
  const contours = (x, y, logs, least, levels) => {
    const most = logs.reduce((found, value) => Math.max(found, value), -Infinity);
    const size = (most - least) / (levels + 1);
    return {
      type: 'contour', x, y, z: rowsOf(logs, x.length), autocontour: false, showscale: false, hoverinfo: 'skip', showlegend: false,
      contours: {start: least, end: most - size / 2, size, coloring: 'none'}, line: {width: 1, color: 'rgba(128,128,136,0.45)', smoothing: 0.6},
    };
  };

  const stars = (means, classes, {class_names: names, colours}) => {
    const along = (axis) => Array.from(classes, (_, place) => means[2 * place + axis]);
    const isFew = classes.length <= FEW;
    const texts = Array.from(classes, (number) => names[number].replace(/[&<>]/g, (sign) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;'}[sign])));
    return {
      type: 'scatter', mode: 'markers+text', x: along(0), y: along(1), text: texts, hoverinfo: 'skip', showlegend: false, cliponaxis: true,
      textposition: 'top center', textfont: {size: isFew ? 14 : 9, weight: 600},
      marker: {
        symbol: 'star', size: isFew ? 11 : 8, color: Array.from(classes, (number) => colours[number]),
      },
    };
  };

  const region = ({x, y}) => ({
    type: 'path', path: `M${x.map((value, corner) => `${value},${y[corner]}`).join('L')}Z`, layer: 'above',
    fillcolor: 'rgba(229,72,77,0.14)', line: {color: '#e5484d', width: 1.2, dash: 'dot'},
  });

  // The way of a bridge, from its beginning to its end.
  const arrow = (xs, ys, accent) => ({
    type: 'scatter', mode: 'lines+markers', x: xs, y: ys, hoverinfo: 'skip', showlegend: false, line: {width: 1.8, color: accent},
    marker: {symbol: 'arrow', angleref: 'previous', size: xs.map((_, at) => (at === xs.length - 1 ? 12 : 0)), color: accent},
  });

  // The corridor beside a straight way.
  const corridor = ([[x0, y0], [x1, y1]], width, accent) => {
    const half = width / 2 / Math.hypot(x1 - x0, y1 - y0);
    const [across, up] = [half * (y0 - y1), half * (x1 - x0)];
    const corners = [[x0 + across, y0 + up], [x1 + across, y1 + up], [x1 - across, y1 - up], [x0 - across, y0 - up]];
    return {
      type: 'path', path: `M${corners.join('L')}Z`, layer: 'above', fillcolor: accent, opacity: 0.18, line: {color: accent, width: 1},
    };
  };

  // What was drawn on the map and what the server made of it; of a line there is something to draw before that.
  const bridgeOf = ({map, accent}, outline, found) => {
    if (outline?.map !== map) return {over: [], shapes: []};
    if (found?.map === map && found.at === outline.at) {
      const [xs, ys] = [0, 1].map((axis) => found.way.map((at) => at[axis]));
      return {over: [arrow(xs, ys, accent)], shapes: found.width ? [corridor(found.way, found.width, accent)] : []};
    }
    return {over: outline.tool === 'line' ? [arrow(outline.x, outline.y, accent)] : [], shapes: []};
  };

  // The least density that a point has, but for the last few: an outlier far away would draw the lines apart.
  const leastOf = (densities) => {
    const sorted = Float32Array.from(densities).filter(Number.isFinite).sort();
    return sorted[Math.floor(0.002 * sorted.length)] ?? 0;
  };

  // Room for all points and stars.
  const windowOf = (means, places) => [0, 1].flatMap((axis) => {
    let [least, most] = [Infinity, -Infinity];
    for (const array of [means, places]) {
      for (let at = axis; at < array.length; at += 2) {
        if (array[at] < least) least = array[at];
        if (array[at] > most) most = array[at];
      }
    }
    const edge = EDGE * (most - least);
    return [least - edge, most + edge];
  });

  const extrasOf = async (source, levels, outlines, bridge) => {
    const [x, y, logs, means, classes, densities, places] = await Promise.all(
      ['grid_x', 'grid_y', 'grid_log_density', 'means', 'classes', 'log_density', 'places'].map((name) => darkroom.array(source.map, name)),
    );
    const lines = levels ? [contours(x, y, logs, leastOf(densities), levels)] : [];
    return {
      traces: lines, over: [...bridge.over, stars(means, classes, source)], shapes: [...outlines.map(region), ...bridge.shapes],
      window: windowOf(means, places),
    };
  };

  let kept = {};  // what is around the points, while it stays: what is the same is not drawn anew
  const around = (source, levels, regions, outline, found) => {
    if (!source || source.preview) return null;
    const outlines = regions?.map === source.map ? regions.outlines : [];
    const bridge = bridgeOf(source, outline, found);
    const name = JSON.stringify([source.map, levels, outlines, bridge]);
    if (kept.name !== name) {
      const extras = extrasOf(source, levels, outlines, bridge);
      extras.catch(() => { kept = {}; });
      kept = {name, extras};
    }
    return kept.extras;
  };

  let card = null;
  const cardOn = (host, source) => {
    if (card?.host !== host) {
      card?.destroy();
      card = new darkroom.HoverCard(host, {origin: host.id});
    }
    card.setSource(source.preview ? null : source);
  };

  let drawn = 0;
  let map = null;
  const makeMap = () => new darkroom.MapPlace('darksight', TITLE, {
    hasCard: true,
    onOutline: (outline) => {
      drawn += 1;
      setProps('darksight-outline', {data: {...outline, map: map.scatter.source.map, at: drawn}});
    },
    onHidden: (data) => setProps('darksight-unshown', {data}),
  });

  // What is painted does not follow the page's colours by itself.
  new MutationObserver(() => map?.scatter?.drawing?.follow())
    .observe(document.documentElement, {attributes: true, attributeFilter: ['data-mantine-color-scheme']});

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    drawDarksight(source, selected, split, focus, colour, again, levels, regions, outline, found) {
      if (source) cardOn(document.getElementById('darksight'), source);
      map ??= makeMap();  // scripts come in the order of their names
      return map.draw(source, selected, split, focus, colour, around(source, levels, regions, outline, found));
    },
  });
})();
