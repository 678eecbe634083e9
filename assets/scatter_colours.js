// What the points of the map are coloured by, and the key to it: classes by name, which can be hidden, or a colour bar.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const MOST_NAMED = 20;  // classes whose names the legend has room for; of more it gives the numbers
  const rampScale = (ramp) => ramp.map((colour, step) => [step / (ramp.length - 1), colour]);
  // A step of the colour scale for each class.
  const stepsOf = (colours) => colours.flatMap((colour, number) =>
    [[number / colours.length, colour], [(number + 1) / colours.length, colour]]);

  const SHADES = 256;  // that a ramp is painted in
  const channelsOf = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const shadesOf = (ramp) => Array.from({length: SHADES}, (_, shade) => {
    const at = shade / (SHADES - 1) * (ramp.length - 1);
    const below = Math.min(Math.floor(at), ramp.length - 2);
    const [from, to] = [channelsOf(ramp[below]), channelsOf(ramp[below + 1])];
    return from.map((value, channel) => value + (at - below) * (to[channel] - value));
  });

  const byGroup = (name, groups, names, colours, told) => ({
    name, grouping: name, groups, values: groups, told, scale: stepsOf(colours), least: -0.5, most: colours.length - 0.5,
    palette: Uint8Array.from(colours.flatMap(channelsOf)), step: (id) => groups[id],
    entries: names.map((title, number) => ({title, colour: colours[number]})),
  });

  const byNumber = (name, values, ramp, [least, most], unit) => ({
    name, groups: null, values, ramp, scale: rampScale(ramp), least, most, unit, palette: Uint8Array.from(shadesOf(ramp).flat()),
    step: (id) => Math.round((SHADES - 1) * Math.max(0, Math.min((values[id] - least) / (most - least), 1))),
  });

  const EXTREME = 0.01;  // share of the images at either end that a scale without natural ends leaves out
  const byMeasure = (name, values, ramp, unit) => {
    const sorted = Float64Array.from(values).filter(Number.isFinite).sort();
    const at = (share) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
    const [least, most] = [at(EXTREME), at(1 - EXTREME)];
    return byNumber(name, values, ramp, [least, most > least ? most : least + 1], unit);
  };

  // `source` has the arrays that its colour is made of; "none" is one colour for all. Returns `values` (by image), `scale`,
  // `least` and `most` for Plotly; for what is painted `palette` (red, green, blue of each step) and `step` (of an image);
  // of classes `groups` (by image), `entries` for the legend, and what one of them is called when it is selected.
  darkroom.scatterColouring = (name, source) => {
    const {labels, predicted, classNames, colours, certainty} = source;
    const measure = source.measures?.[name];
    if (measure) return byMeasure(name, certainty, source.ramp, measure.unit);
    if (name === 'none') return {...byNumber(name, new Uint8Array(predicted.length), [source.plain, source.plain], [0, 1], ''), ramp: null};
    const wanted = labels || !['true', 'right'].includes(name) ? name : 'predicted';
    if (wanted === 'right') {
      const wrong = Uint8Array.from(predicted, (taken, id) => Number(taken !== labels[id]));
      return byGroup('right', wrong, ['right', 'wrong'], source.verdicts, (group) => ['What is right', 'What is wrong'][group]);
    }
    if (wanted === 'true') return byGroup('true', labels, classNames, colours, (group) => `Class ${classNames[group]}`);
    if (wanted === 'predicted') {
      return byGroup('predicted', predicted, classNames, colours, (group) => `Taken for ${classNames[group]}`);
    }
    return wanted === 'entropy' ? byNumber('entropy', certainty, source.ramp, [0, Math.log2(classNames.length)], 'bits')
      : byNumber(wanted, certainty, source.ramp, [0, 1], '');
  };

  const make = (tag, className, text = '') => Object.assign(document.createElement(tag), {className, textContent: text});

  const colourBar = ({name, ramp: colours, least, most, unit}) => {
    const bar = make('div', 'scatter-bar');
    const ramp = make('span', 'scatter-ramp');
    ramp.style.background = `linear-gradient(to right, ${colours.join(', ')})`;
    const number = (value) => Number(value.toPrecision(3)).toString();
    bar.append(make('span', '', number(least)), ramp, make('span', '', `${number(most)} ${unit}`.trim()));
    bar.title = `${name}, from ${number(least)} to ${number(most)} ${unit}`.trim();
    return bar;
  };

  // Fills `host` with the key to a colouring. A class that is hidden is struck out; its button stays under the finger.
  darkroom.scatterLegend = (host, colouring, hidden, {onToggle, onAlone, onSelect, onAll}) => {
    const parts = [];
    if (colouring.entries) {
      const numbered = colouring.entries.length > MOST_NAMED;
      const known = host.dataset.of === colouring.name ? [...host.querySelectorAll('button[data-group]')] : [];
      colouring.entries.forEach(({title, colour}, group) => {
        const entry = known[group] ?? make('button', 'scatter-entry');
        entry.type = 'button';
        entry.dataset.group = group;
        entry.textContent = numbered ? group : title;
        entry.title = `${title}: click hides or shows it, Alt shows it alone, Shift selects it`;
        entry.setAttribute('aria-pressed', String(!hidden.has(group)));
        entry.style.setProperty('--colour', colour);
        entry.onclick = (event) => (event.shiftKey ? onSelect : event.altKey ? onAlone : onToggle)(group);
        entry.ondblclick = () => onAlone(group);
        parts.push(entry);
      });
    } else if (colouring.ramp) parts.push(colourBar(colouring));
    if (hidden.size) {
      const all = make('button', 'scatter-all', 'show all');
      all.type = 'button';
      all.onclick = onAll;
      parts.push(all);
    }
    host.dataset.of = colouring.name;
    // Those that stay are not moved: a second click must find the first one's button, and the keyboard its place.
    parts.forEach((part, place) => {
      if (host.children[place] !== part) host.insertBefore(part, host.children[place] ?? null);
    });
    while (host.children.length > parts.length) host.lastChild.remove();
  };
})();
