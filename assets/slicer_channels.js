// The channels of a layer: how much varies inside the maps of each over the epochs, a small chart each on the same axes, a line a
// class.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;
  const WIDE = 108, HIGH = 62, PAD = 4;
  const FLAGS = {1: 'dead', 2: 'saturated'};
  const ALL = '#868e96';

  let turn = 0, last = null;  // what was drawn, for a step of the slider

  // The entropies of a layer of a slice, by epoch, group (all, then the classes) and channel; the flags by epoch and channel.
  const entropiesOf = async (shown, name) => {
    const layer = shown.layers.find((each) => each.name === name);
    if (!layer) return null;
    const [values, flags] = await Promise.all(['intra', 'flags'].map((what) => darkroom.array(shown.key, `${what}-${layer.at}`)));
    const [epochs, groups, channels] = values.shape;
    return {
      layer, epochs, groups, channels,
      value: (epoch, group, channel) => values[(epoch * groups + group) * channels + channel],
      flag: (epoch, channel) => flags[epoch * channels + channel],
    };
  };

  const colourOf = (shown, group) => (group === 0 ? ALL : shown.colours[group - 1]);

  // A canvas as sharp as the screen is, in pixels of the page.
  const sharp = (canvas, width, height) => {
    const scale = window.devicePixelRatio || 1, context = canvas.getContext('2d');
    Object.assign(canvas, {width: width * scale, height: height * scale});
    Object.assign(canvas.style, {width: `${width}px`, height: `${height}px`});
    context.setTransform(scale, 0, 0, scale, 0, 0);
    return context;
  };

  const chart = (canvas, told, shown, channel, most) => {
    const context = sharp(canvas, WIDE, HIGH);
    context.clearRect(0, 0, WIDE, HIGH);
    const last = Math.max(shown.epochs[shown.epochs.length - 1] - shown.epochs[0], 1);
    const x = (epoch) => PAD + (WIDE - 2 * PAD) * (shown.epochs[epoch] - shown.epochs[0]) / last;
    const y = (value) => HIGH - PAD - (HIGH - 2 * PAD) * value / most;
    const groups = [...Array(told.groups).keys()].slice(1).concat(0);  // that of all on top
    groups.forEach((group) => {
      context.globalAlpha = group ? 0.85 : 1;
      context.strokeStyle = context.fillStyle = colourOf(shown, group);
      context.lineWidth = group ? 1 : 2;
      context.beginPath();
      for (let epoch = 0; epoch < told.epochs; epoch += 1) {
        const value = told.value(epoch, group, channel);
        if (Number.isNaN(value)) continue;
        if (told.epochs === 1) context.fillRect(x(epoch) - 1.5, y(value) - 1.5, 3, 3);
        else context.lineTo(x(epoch), y(value));
      }
      context.stroke();
    });
  };

  // The classes, of many as many as two lines hold and the others below them; and at the right the scale.
  const legend = (host, shown, told) => {
    const head = make('div', 'slicer-head', host), row = make('div', 'slicer-legend', head);
    const add = (name, colour, number) => {
      const entry = make(number === null ? 'span' : 'button', 'slicer-class', row);
      make('i', '', entry).style.background = colour;
      entry.append(name);
      if (number === null) return;
      entry.type = 'button';
      entry.title = `Select the test images of ${name}`;
      entry.addEventListener('click', () => window.dash_clientside.set_props('slicer-class-picked', {data: {class: number, turn: Date.now()}}));
    };
    add('all', ALL, null);
    shown.names.forEach((name, number) => told.groups > 1 && add(name, shown.colours[number], number));
    return head;
  };

  // What a step of the slider changes: the mark in the charts, and what stands under them.
  const step = (host, shown, told, epoch) => {
    const at = darkroom.epochAt(shown.epochs, epoch), last = Math.max(shown.epochs[shown.epochs.length - 1] - shown.epochs[0], 1);
    host.style.setProperty('--slicer-epoch', `${PAD + (WIDE - 2 * PAD) * (shown.epochs[at] - shown.epochs[0]) / last}px`);
    host.dataset.epoch = shown.epochs[at];
    host.querySelectorAll('.slicer-tile').forEach((tile, channel) => {
      const value = told.value(at, 0, channel), flag = FLAGS[told.flag(at, channel)] ?? '';
      const [, figure, word] = tile.lastChild.children;
      figure.textContent = Number.isNaN(value) ? ' –' : ` ${value.toFixed(2)}`;
      if (word.textContent !== flag) {
        word.textContent = flag;
        word.className = flag && `slicer-${flag}`;
      }
    });
  };

  const pick = (host, told, picked) => host.querySelectorAll('.slicer-tile').forEach((tile) => {
    const isPicked = (picked?.filters ?? []).some(([layer, each]) => layer === told.layer.name && each === Number(tile.dataset.channel));
    tile.classList.toggle('slicer-picked', isPicked);
  });

  const draw = (host, shown, told) => {
    host.replaceChildren();
    host.dataset.layer = told.layer.name;
    host.dataset.key = shown.key;
    let most = 0, isDefined = false;
    for (let place = 0; place < told.epochs * told.groups * told.channels; place += 1) {
      const value = told.value(0, 0, place);
      if (value >= 0) [most, isDefined] = [Math.max(most, value), true];
    }
    const head = legend(host, shown, told);
    const words = !isDefined ? 'Maps of one pixel have no entropy.' : `0 to ${most.toFixed(2)} bits; ${told.epochs > 1 ? `epochs ${shown.epochs[0]} to ${shown.epochs[told.epochs - 1]}` : 'one epoch: no course over time'}`;
    make('span', 'slicer-scale', head, words);
    const tiles = make('div', 'slicer-tiles', host);
    for (let channel = 0; channel < told.channels; channel += 1) {
      const tile = make('button', 'slicer-tile', tiles), number = told.layer.first + channel;
      tile.type = 'button';
      tile.dataset.channel = number;
      tile.classList.toggle('slicer-undefined', !isDefined);
      const canvas = make('canvas', '', tile), line = make('span', '', tile);
      make('b', '', line, String(number));
      make('span', '', line);
      make('em', '', line);
      tile.title = `Channel ${number} of ${told.layer.name}: see its maps`;
      if (isDefined) chart(canvas, told, shown, channel, most || 1);
      tile.addEventListener('click', () => window.dash_clientside.set_props('slicer-picked', {data: {of: shown.key, filters: [[told.layer.name, number]]}}));
    }
  };

  Object.assign(darkroom, {sharp, slicerEntropies: entropiesOf});
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawChannels(...asked) {
      last = asked;
      const [shown, layer, picked, lookedAt, epoch] = asked, keep = window.dash_clientside.no_update, mine = (turn += 1);
      const words = document.getElementById('slicer-channels-words');
      if (lookedAt && lookedAt !== 'slicer-channels-panel') return keep;
      const host = document.getElementById('slicer-channels');
      if (!host) return keep;
      const told = shown && layer ? await entropiesOf(shown, layer).catch(() => null) : null;
      if (mine !== turn || !host.isConnected) return keep;
      if (words) words.style.display = told ? 'none' : '';
      if (!told) {
        host.replaceChildren();
        delete host.dataset.layer;
        return mine;
      }
      if (host.dataset.key !== shown.key || host.dataset.layer !== told.layer.name || !host.firstChild) draw(host, shown, told);
      step(host, shown, told, epoch ?? shown.epochs[shown.epochs.length - 1]);
      pick(host, told, picked);
      return mine;
    },
  });

  window.addEventListener('darkroom-epoch', ({detail}) => last && window.dash_clientside.darkroom.drawChannels(...last.slice(0, 4), detail));
})();
