// Circles in circles: the classes, and in each the channels of a layer, as large as their entropy at an epoch. D3 packs them.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {svg} = darkroom;
  const SIDE = 600, GAP = 3, ROOM = 10;  // between channels, and between classes, for their names
  const LETTERS = 15, MOST_NAMED = 21;  // of the classes' names; classes up to which each has one

  let turn = 0, zoomed = null, last = null;  // what was drawn, for a step of the slider

  // A colour a channel, the same in all classes: the golden angle keeps neighbours apart.
  const hue = (channel) => `hsl(${(channel * 137.508) % 360} 55% 58%)`;

  const draw = (library, host, shown, told, epoch, picked) => {
    const at = darkroom.epochAt(shown.epochs, epoch);
    const groups = [];
    for (let group = 0; group < told.groups; group += 1) {
      const channels = Array.from({length: told.channels}, (_, channel) => ({channel, value: told.value(at, group, channel)}));
      if (channels.some(({value}) => value >= 0)) groups.push({group, children: channels.map((each) => ({...each, group}))});
    }
    host.replaceChildren();
    host.dataset.epoch = shown.epochs[at];
    host.dataset.layer = told.layer.name;
    if (!groups.length) return host.append('Maps of one pixel have no entropy: there is nothing to pack.');
    // A channel without entropy has a place too, small as it is.
    const root = library.hierarchy({children: groups}).sum(({value}) => (value === undefined ? 0 : Math.max(value || 0, 0.02)));
    library.pack().size([SIDE, SIDE]).padding(({depth}) => (depth ? GAP : ROOM))(root);
    const drawing = svg('svg', {viewBox: `0 0 ${SIDE} ${SIDE}`, role: 'img', 'aria-label': 'Entropy of the channels, by class'}, host);
    const edges = (axis) => [Math.min(...root.children.map((node) => node[axis] - node.r)), Math.max(...root.children.map((node) => node[axis] + node.r))];
    const [[left, right], [top, bottom]] = [edges('x'), edges('y')];
    const nameOf = (group) => (group ? shown.names[group - 1] : 'all');
    const title = svg('text', {class: 'slicer-group-title'}, drawing);
    // What is looked at fills the panel: all classes, or one.
    const look = (node) => {
      const box = node ? [node.x - node.r, node.y - node.r, 2 * node.r, 2 * node.r] : [left, top - 16, right - left, bottom - top + 16];
      const [x, y, width, height] = box, edge = 0.02 * width;
      drawing.setAttribute('viewBox', `${x - edge} ${y - edge} ${width + 2 * edge} ${height + 2 * edge}`);
      drawing.classList.toggle('slicer-zoomed', Boolean(node));
      drawing.querySelectorAll('.slicer-group-name').forEach((name) => { name.style.display = node ? 'none' : ''; });
      title.textContent = node ? nameOf(node.data.group) : '';
      Object.entries({x, y: y + edge, 'font-size': LETTERS * width / SIDE, 'stroke-width': 3 * width / SIDE}).forEach(([name, value]) => title.setAttribute(name, value));
      host.dataset.zoomed = node ? node.data.group : '';
    };
    (root.children ?? []).forEach((node) => {
      const {group} = node.data, name = nameOf(group), colour = group ? shown.colours[group - 1] : '#868e96';
      const outer = svg('circle', {class: 'slicer-group', cx: node.x, cy: node.y, r: node.r, stroke: colour, tabindex: 0, 'data-group': group}, drawing);
      const sum = node.children.reduce((whole, {data: {value}}) => whole + (value || 0), 0);
      svg('title', {}, outer, `${name}: ${sum.toFixed(2)} bits in all channels`);
      const toggle = () => {
        zoomed = zoomed === group ? null : group;
        look(zoomed === null ? null : node);
      };
      outer.addEventListener('click', toggle);
      outer.addEventListener('keydown', ({key}) => key === 'Enter' && toggle());
      node.children.forEach(({x, y, r, data: {channel, value}}) => {
        const number = told.layer.first + channel, flag = told.flag(at, channel);
        const isPicked = (picked?.filters ?? []).some(([layer, each]) => layer === told.layer.name && each === number);
        const inner = svg('circle', {
          class: `slicer-channel${flag === 1 ? ' slicer-hollow' : ''}${isPicked ? ' slicer-picked' : ''}`, cx: x, cy: y, r, fill: hue(number), stroke: hue(number), 'data-channel': number,
        }, drawing);
        svg('title', {}, inner, `${name}, channel ${number}: ${value >= 0 ? `${value.toFixed(4)} bits` : 'not defined'}${flag === 1 ? ', dead' : flag === 2 ? ', saturated' : ''}`);
        inner.addEventListener('click', (event) => {
          event.stopPropagation();
          window.dash_clientside.set_props('slicer-picked', {data: {of: shown.key, filters: [[told.layer.name, number]], class: group ? group - 1 : null}});
        });
      });
    });
    // Above all circles; of many only the names that are no wider than their circle. The others are said where one points.
    (root.children ?? []).filter(({r, data: {group}}) => root.children.length <= MOST_NAMED || LETTERS * 0.6 * nameOf(group).length <= 2 * r).forEach(({x, y, r, data: {group}}) =>
      svg('text', {class: 'slicer-group-name', x, y: y - r - 3, 'text-anchor': 'middle'}, drawing, nameOf(group)));
    const again = root.children.find(({data: {group}}) => group === zoomed);
    if (!again) zoomed = null;
    look(again ?? null);
    return undefined;
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawCircles(...asked) {
      last = asked;
      const [shown, layer, picked, lookedAt, epoch] = asked, keep = window.dash_clientside.no_update, mine = (turn += 1);
      const host = document.getElementById('slicer-circles'), words = document.getElementById('slicer-circles-words');
      if (!host || lookedAt !== 'slicer-circles-panel') return keep;
      const told = shown && layer ? await darkroom.slicerEntropies(shown, layer).catch(() => null) : null;
      const library = told ? await darkroom.d3().catch(() => null) : null;
      if (mine !== turn || !host.isConnected) return keep;
      if (words) words.style.display = library ? 'none' : '';
      if (!library) host.replaceChildren();
      else draw(library, host, shown, told, epoch ?? shown.epochs[shown.epochs.length - 1], picked);
      return mine;
    },
  });

  window.addEventListener('darkroom-epoch', ({detail}) => last && window.dash_clientside.darkroom.drawCircles(...last.slice(0, 4), detail));
})();
