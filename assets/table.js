// The images of the selection as rows of AG Grid, made here from the arrays that the page has.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const MOST_ROWS = 200_000;  // a row takes about a kilobyte of the browser's memory
  const TICKS = 'ag-Grid-SelectionColumn';  // what AG Grid calls its column of check boxes
  const BY_OUTCOME = ['predicted', 'right', 'confidence', 'entropy', 'margin'];  // columns of what the teacher says

  const HINT = 'Filter or tick rows to select their images';

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);
  const counted = (count) => count.toLocaleString('en');

  const rowsOf = ({class_names: names, n_train: nTrain}, {labels, predicted, confidence, entropy, margin}, ids) =>
    Array.from(ids, (id) => ({
      id,
      split: id < nTrain ? 'train' : 'test',
      true: labels && names[labels[id]],
      predicted: predicted && names[predicted[id]],
      right: labels && predicted && (labels[id] === predicted[id] ? 'right' : 'wrong'),
      confidence: confidence && confidence[id],
      entropy: entropy && entropy[id],
      margin: margin && margin[id],
    }));

  class ImageTable {
    // `onChange` hears that other rows are ticked or pass the filters.
    constructor(host, api, {onFocus = () => {}, onHover = () => {}, onChange = () => {}} = {}) {
      Object.assign(this, {host, api, onFocus, source: null, name: null, fills: false, focusId: null});
      // The rows that are marked are named by a style: AG Grid makes rows anew as they are scrolled to.
      this.marks = document.createElement('style');
      host.append(this.marks);
      const on = (type, react) => api.addEventListener(type, react);
      on('cellFocused', ({rowIndex, rowPinned, column}) => {
        if (!this.fills && !rowPinned && column && column.colId !== TICKS) this.walkTo(rowIndex);
      });
      on('cellMouseOver', ({data}) => onHover(data.id));
      on('cellMouseOut', () => onHover(null));
      on('selectionChanged', onChange);
      on('filterChanged', onChange);
      on('rowDataUpdated', onChange);
      this.pointAt(null);
    }

    // `name` tells these images from others: what is shown already is left as it is.
    show(name, source, said, ids) {
      if (name === this.name) return;
      Object.assign(this, {name, source, focusId: null, fills: true});
      this.api.deselectAll();
      this.api.setGridOption('rowData', ids.length > MOST_ROWS ? [] : rowsOf(source, said, ids));
      this.fills = false;
    }

    walkTo(rowIndex) {
      const id = this.api.getDisplayedRowAtIndex(rowIndex)?.data.id;
      if (id === undefined || id === this.focusId) return;
      this.focusId = id;
      this.mark();
      this.onFocus(id);
    }

    // Marks the row of the focused image, and scrolls to it if somebody has chosen it elsewhere.
    setFocus(id) {
      if (id === this.focusId) return;
      this.focusId = id ?? null;
      this.mark();
      const node = this.focusId === null ? null : this.api.getRowNode(String(id));
      if (node?.displayed) this.api.ensureNodeVisible(node);
    }

    // Marks the row of an image that is hovered in another view.
    pointAt(id) {
      this.pointedId = id;
      this.mark();
    }

    mark() {
      const row = (id, style) => (id === null ? '' : `.image-rows .ag-row[row-id="${Number(id)}"] { ${style} }`);
      this.marks.textContent = row(this.pointedId, 'outline: 2px solid var(--darkroom-text); outline-offset: -2px;')
        + row(this.focusId, 'box-shadow: inset 3px 0 var(--darkroom-accent); font-weight: 600;');
    }

    ticked() {
      return this.api.getSelectedNodes().map(({data}) => data.id);
    }

    passing() {
      const ids = [];
      this.api.forEachNodeAfterFilter(({data}) => ids.push(data.id));
      return ids;
    }

    get filters() {
      return Object.keys(this.api.getFilterModel() || {});
    }
  }

  let table = null;
  let drawn = 0;
  let script = null;
  const repeat = darkroom.repeater('table-again');

  // What the buttons would select, and what is not shown.
  const say = () => {
    const {api, filters} = table;
    const [ticked, passing] = [api.getSelectedNodes().length, api.getDisplayedRowCount()];
    const parts = [filters.length && `${counted(passing)} pass the filters`, ticked && `${counted(ticked)} ticked`];
    setProps('table-words', {children: parts.filter(Boolean).join(' \u00b7 ') || HINT});
    setProps('table-ticked', {disabled: !ticked});
    setProps('table-filtered', {disabled: !filters.length || !passing});
  };

  const tableOn = async () => {
    const api = await window.dash_ag_grid.getApiAsync('image-table');
    if (table?.api !== api) {
      table = new ImageTable(document.getElementById('image-table').parentElement, api, {
        onFocus: (id) => setProps('focus', {data: id}),
        onHover: (id) => window.dispatchEvent(new CustomEvent('darkroom-hover', {detail: {id, origin: 'table'}})),
        onChange: say,
      });
      darkroom.table = table;
    }
    return table;
  };

  window.addEventListener('darkroom-hover', ({detail: {id, origin}}) => {
    if (origin !== 'table' && table?.host.isConnected) table.pointAt(id);
  });

  const pick = (tool, ids, byOutcome) => {
    const {images, count} = table.source;
    return {images, bits: darkroom.bitsOf(ids, count), tool, by_outcome: byOutcome};
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // AG Grid comes when somebody wants the table: it is as much script as all else but plotly.js.
    async loadTable(shownAs, address) {
      if (shownAs !== 'table') return window.dash_clientside.no_update;
      script ??= new Promise((resolve, reject) => {
        const tag = document.createElement('script');
        Object.assign(tag, {src: address, onload: resolve, onerror: reject});
        document.head.append(tag);
      });
      const loaded = await script.then(() => true, () => false);
      if (!loaded) script = null;
      setProps('table-empty', {children: loaded ? '' : 'The table could not be fetched. Choose Tiles, and then Table again.'});
      return loaded || window.dash_clientside.no_update;
    },

    // Tells the table what to show. Returns how often it was told.
    async drawTable(source, selected, split, focus, shownAs) {
      const keep = window.dash_clientside.no_update;
      if (shownAs !== 'table') return keep;
      const turn = (drawn += 1);
      repeat.stop();
      const target = await tableOn();
      if (!source) {
        target.show(null, null, null, []);
        setProps('table-empty', {children: 'The images appear when the set is loaded.'});
        return keep;
      }
      const found = await Promise.all([darkroom.saidOf(source), darkroom.shownOf(source, selected, split)]).catch(() => null);
      if (turn !== drawn) return keep;  // a newer call is under way
      if (!found) {
        repeat.later(drawn);
        setProps('table-empty', {children: 'Could not be fetched; asked for again'});
        return keep;
      }
      repeat.done();
      const [said, {selection, ids}] = found;
      const name = [source.images, source.predictions, selection ? selection.id : split].join();
      target.show(name, source, said, ids);
      target.setFocus(focus);
      setProps('table-empty', {children: ids.length <= MOST_ROWS ? '' : `The table shows up to ${counted(MOST_ROWS)} images; `
        + `these are ${counted(ids.length)}. Select fewer, on the map or in the matrix.`});
      return turn;
    },

    // What is ticked, or passes the filters, for the page's server to make a selection of.
    pickRows(ticked, filtered) {
      if (!ticked && !filtered) return window.dash_clientside.no_update;  // the table has only just been laid out
      const [{prop_id: pressed}] = window.dash_clientside.callback_context.triggered;
      if (pressed.startsWith('table-ticked')) return pick('Pick', table.ticked(), true);
      return pick('Filter', table.passing(), table.filters.some((name) => BY_OUTCOME.includes(name)));
    },
  });
})();
