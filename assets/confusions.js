// What the confusion matrix, the chord diagram and the list of confusions have in common: what is said of a cell or a class,
// and what is picked by a click on one.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const STILL = 4;  // px that the pointer moves at most in a click
  const count = (number) => number.toLocaleString('en');
  const images = (number) => `${count(number)} image${number === 1 ? '' : 's'}`;
  const percent = (part, whole) => `${(100 * part / whole).toFixed(1)} %`;

  let source = null;  // as `dashboard/teacher/matrix.py` tells it
  let selected = '';  // base64 of the selected cells, [true, predicted]
  let tip = null;
  let pointer = {x: 0, y: 0};

  // ---- words ----

  const cellWords = (true_, taken, number) => {
    const {class_names: names, rows, columns} = source;
    const what = true_ === taken ? `${names[true_]}, rightly recognised` : `${names[true_]} taken for ${names[taken]}`;
    if (!number) return `${what}: none`;
    const share = percent(number, rows[true_]);
    return `${what}: ${images(number)} (${share} of class ${names[true_]}, ${percent(number, columns[taken])} of those taken for ${names[taken]})`;
  };

  const rowWords = (number) => {
    const {class_names: names, rows, hits} = source;
    const recall = rows[number] ? `${count(hits[number])} recognised, recall ${percent(hits[number], rows[number])}` : 'no recall';
    return `class ${names[number]}: ${images(rows[number])}, ${recall}`;
  };

  const columnWords = (number) => {
    const {class_names: names, columns, hits} = source;
    const precision = columns[number] ? `${count(hits[number])} rightly, precision ${percent(hits[number], columns[number])}` : 'no precision';
    return `taken for ${names[number]}: ${images(columns[number])}, ${precision}`;
  };

  const classWords = (number) => {
    const {class_names: names, rows, columns, hits} = source;
    const out = rows[number] - hits[number];
    return `class ${names[number]}: ${images(out)} taken for others, ${count(columns[number] - hits[number])} of others taken for it`;
  };

  const wordsOf = {row: rowWords, column: columnWords, class: classWords};

  const show = (text) => {
    tip ??= new darkroom.Tip();
    if (text) tip.show(text, pointer, document.getElementById('matrix-panel'));
    else tip.hide();
  };

  // ---- picking ----

  // The images of one cell are in the grid before the server has made a selection of them.
  const picked = (what, at) => {
    const how = darkroom.modifier() ?? 'only';
    if (what === 'cell' && how === 'only') window.dispatchEvent(new CustomEvent('darkroom-picked', {detail: {cell: at}}));
    return {what, at, how};
  };
  const pick = (what, at) => window.dash_clientside.set_props('confusions-picked', {data: picked(what, at)});

  // Whether all these cells are selected.
  const isSelected = (cells) => {
    if (!selected) return false;
    const bytes = darkroom.bits.bytesOf(selected);
    return cells.every(([row, column]) => darkroom.bits.has(bytes, row * source.class_names.length + column));
  };

  // Many things in a place are one stop of the Tab key; the arrow keys go from one to the next.
  const rove = (host, entries) => {
    const all = () => Array.from(host.querySelectorAll(entries));
    const stop = (entry) => all().forEach((other) => { other.tabIndex = other === entry ? 0 : -1; });
    stop(all()[0]);
    host.addEventListener('focusin', (event) => event.target.matches(entries) && stop(event.target));
    host.addEventListener('keydown', (event) => {
      const places = all();
      const at = places.indexOf(document.activeElement);
      const next = {ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: places.length - 1}[event.key];
      if (next === undefined || at < 0) return;
      event.preventDefault();
      places[Math.max(0, Math.min(next, places.length - 1))].focus();
    });
  };

  Object.assign(darkroom, {confusions: {cellWords, classWords, show, pick, isSelected, rove, images}});

  // ---- the list ----

  const made = (tag, className, text) => Object.assign(document.createElement(tag), {className, textContent: text});

  const list = (host) => {
    const {class_names: names, top, n_confusions: all, rows} = source;
    const head = made('div', 'confusion-head', top.length < all ? `Top ${top.length} of ${count(all)}` : `${count(all)} in all`);
    const lines = top.map(([true_, taken, number]) => {
      const line = made('button', 'confusion', '');
      line.type = 'button';
      line.dataset.cell = `${true_} ${taken}`;
      line.title = cellWords(true_, taken, number);
      line.setAttribute('aria-label', line.title);
      const pair = made('span', 'confusion-pair', '');
      pair.append(made('span', '', names[true_]), made('i', '', '\u2192'), made('span', '', names[taken]));
      line.append(pair, made('span', '', count(number)), made('span', '', percent(number, rows[true_])));
      return line;
    });
    const scroll = made('div', 'confusion-lines', '');
    scroll.append(...lines);
    host.replaceChildren(head, scroll);
    if (lines.length) rove(scroll, '.confusion');
  };

  const markList = (host) => {
    for (const line of host.querySelectorAll('.confusion')) {
      line.setAttribute('aria-pressed', isSelected([line.dataset.cell.split(' ').map(Number)]));
    }
  };

  const lineOf = (event) => event.target.closest?.('.confusion')?.dataset.cell.split(' ').map(Number);

  // ---- the matrix: names of rows and columns ----

  // The class whose name is under the pointer: [what, number]; the names lie outside of what Plotly tells events of.
  const nameAt = (event) => {
    const plot = event.target.closest?.('#matrix')?.querySelector('.js-plotly-plot');
    if (!plot?._fullLayout?.yaxis2 || !source) return null;
    const {xaxis, yaxis, yaxis2} = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const foot = yaxis2._offset + yaxis2._length;
    const name = (what, axis, at) => {
      const inside = at >= axis._offset && at < axis._offset + axis._length;
      const number = inside ? source.order[Math.round(axis.p2l(at - axis._offset))] : undefined;
      return number === undefined ? null : [what, number];
    };
    if (x < xaxis._offset) return name('row', yaxis, y);
    // Names that are turned lie to the left of their column, the deeper the farther.
    if (y > foot) return name('column', xaxis, x + (xaxis.tickangle ? y - foot : 0));
    return null;
  };

  let pressed = null;

  document.addEventListener('pointerdown', (event) => {
    const name = event.button === 0 ? nameAt(event) : null;
    pressed = name && {name, x: event.clientX, y: event.clientY};
  }, {capture: true});

  document.addEventListener('pointerup', (event) => {
    if (pressed && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < STILL) {
      pick(pressed.name[0], [pressed.name[1]]);
    }
    pressed = null;
  }, {capture: true});

  let onName = false;

  document.addEventListener('pointermove', (event) => {
    pointer = {x: event.clientX, y: event.clientY};
    const name = nameAt(event);
    if (name) show(wordsOf[name[0]](name[1]));
    else if (onName) show(null);
    if (onName !== Boolean(name)) document.getElementById('matrix')?.classList.toggle('on-name', Boolean(name));
    onName = Boolean(name);
  }, {capture: true, passive: true});

  // The cell, row or column that Plotly tells of; its strips of totals are the second and the third trace.
  const pointed = ({points: [{curveNumber, x, y}]}) => (
    [['cell', [Number(y), Number(x)]], ['row', [Number(y)]], ['column', [Number(x)]]][curveNumber]);

  let drawn = 0;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // Draws the list and, if it is shown, the chord diagram. Returns how often it was told.
    drawConfusions(told, selection, study) {
      const changed = told !== source;
      const marks = told && selection?.images === study?.keys.images && selection?.split === told.split;
      source = told;
      selected = (marks && selection.cells) || '';
      const hosts = {list: document.getElementById('confusion-list'), chord: document.getElementById('chord')};
      if (!told || !hosts.list) return window.dash_clientside.no_update;
      if (changed || !hosts.list.firstChild) {
        list(hosts.list);
        hosts.list.onclick = (event) => lineOf(event) && pick('cell', lineOf(event));
      }
      markList(hosts.list);
      if (told.chord) darkroom.drawChord(hosts.chord, told);
      return (drawn += 1);
    },

    pickCell(click) {
      if (!click) return [window.dash_clientside.no_update, window.dash_clientside.no_update];
      return [picked(...pointed(click)), null];  // so that the same cell can be next
    },

    tellCell(hover) {
      if (hover) {
        const [what, at] = pointed(hover);
        show(what === 'cell' ? cellWords(...at, hover.points[0].customdata) : wordsOf[what](at[0]));
      } else if (!onName) show(null);
      return window.dash_clientside.no_update;
    },
  });
})();
