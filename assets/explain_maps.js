// The maps of an answer, a tile a method, each on its own scale over the image; one of them enlarged. The one that is looked at is
// that of curves and ranking too.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;

  const number = (value) => value.toFixed(3);

  // What is shown, with its arrays; the maps of a way by `map`.
  const fetchExplained = async (shown) => {
    const names = ['signed', 'absolute', 'image', 'filled', 'blurred', 'deletion', 'insertion'];
    const arrays = await Promise.all(names.map((name) => darkroom.array(shown.key, name)));
    const told = Object.fromEntries(names.map((name, place) => [name, arrays[place]]));
    const [, height, width] = told.signed.shape, size = height * width;
    return {
      ...told, shown, shape: told.image.shape, steps: told.deletion.shape[2] - 1,
      map: (way, row) => told[way].subarray(row * size, (row + 1) * size),
      score: (what, way, row, step) => {
        const [, methods, scores] = told[what].shape;
        return told[what][((way === 'signed' ? 0 : 1) * methods + row) * scores + step];
      },
    };
  };

  class ExplainMaps {
    constructor(host) {
      this.host = host;
      this.opacity = 0.75;
    }

    show(told, way, picked) {
      const {host} = this, {shown: {methods}} = told;
      Object.assign(this, {told, way});
      host.replaceChildren();
      this.layLook();
      const tiles = make('div', 'explain-tiles', host);
      this.tiles = methods.map((method, row) => this.layTile(tiles, method, row));
      const best = methods.reduce((least, {deletion, is_control}, row) => (!is_control && deletion[way] < methods[least].deletion[way] ? row : least), 0);
      const row = methods.findIndex(({name}) => name === picked);
      this.look(row < 0 ? best : row);
      host.dataset.shown = told.shown.key;
      host.dataset.way = way;
    }

    layLook() {
      const look = make('div', 'student-look', this.host);
      this.big = make('canvas', 'student-big', look);
      this.big.setAttribute('role', 'img');
      this.caption = make('div', 'student-caption', look);
      const label = make('label', 'student-opacity', look, 'Maps over the image');
      const slider = make('input', '', label);
      Object.assign(slider, {type: 'range', min: 0, max: 1, step: 0.05, value: this.opacity});
      slider.addEventListener('input', () => {
        this.opacity = Number(slider.value);
        this.tiles.forEach(({canvas}, row) => this.paint(canvas, row));
        this.paint(this.big, this.row);
      });
      const legend = make('div', 'student-legend', look);
      make('span', '', legend, 'against');
      make('i', '', legend);
      make('span', '', legend, 'for');
    }

    layTile(tiles, {name, title, source, is_control: isControl, deletion, insertion}, row) {
      const tile = make('button', 'explain-method', tiles), canvas = make('canvas', '', tile);
      tile.type = 'button';
      tile.title = source;
      tile.dataset.method = name;
      tile.classList.toggle('explain-control', isControl);
      const words = make('span', 'explain-words', tile);
      make('b', '', words, title);
      make('span', '', words, `deletion ${number(deletion[this.way])}`);
      make('span', '', words, `insertion ${number(insertion[this.way])}`);
      this.paint(canvas, row);
      tile.addEventListener('click', () => this.look(row));
      return {tile, canvas};
    }

    paint(canvas, row) {
      const {told, way} = this, map = told.map(way, row);
      darkroom.signed.paint(canvas, map, told.shape, darkroom.signed.reach(map), told.image, this.opacity);
    }

    look(row) {
      this.row = row;
      const {told: {shown: {methods, names, label}}, way} = this, {name, title, source, is_signed: isSigned} = methods[row];
      this.paint(this.big, row);
      this.big.setAttribute('aria-label', `${title} over the image`);
      const sense = !isSigned ? 'Blue counts for' : way === 'absolute' ? 'Blue counts for, or against,' : 'Blue speaks for';
      this.caption.replaceChildren(make('b', '', null, title), document.createTextNode(`, ${source}. ${sense} ${names[label]}.`));
      this.tiles.forEach(({tile}, each) => tile.toggleAttribute('data-chosen', each === row));
      if (this.told.picked !== name) {
        this.told.picked = name;
        window.dash_clientside.set_props('explain-picked', {data: name});
      }
    }
  }

  let maps = null;
  let wanted = 0;

  // A row of the ranking is a method too.
  document.addEventListener('click', (event) => {
    const name = event.target.closest('.explain-ranking tr[data-method]')?.dataset.method;
    if (!name) return;
    const row = maps?.host.isConnected ? maps.told.shown.methods.findIndex((method) => method.name === name) : -1;
    if (row >= 0) maps.look(row);
    else window.dash_clientside.set_props('explain-picked', {data: name});
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawExplained(shown, way, deck) {
      const keep = window.dash_clientside.no_update, turn = (wanted += 1);
      if (!shown || deck !== 'explain-panel') return keep;
      const told = await fetchExplained(shown).catch(() => null);
      const host = await darkroom.element('explain-maps');
      if (turn !== wanted || !host || !told) return keep;
      const picked = maps?.told?.picked;
      if (maps?.host !== host) maps = new ExplainMaps(host);
      maps.show(told, way, picked);
      return keep;
    },
  });

  Object.assign(darkroom, {fetchExplained});
})();
