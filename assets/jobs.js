// The table of jobs, which is told of the rows that have changed; and the buttons of all tables.
(() => {
  let table = null;  // {host, rows: row -> {shown, line, cells}}

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);

  const make = (tag, className, children = [], properties = {}) => {
    const element = Object.assign(document.createElement(tag), {className, ...properties});
    element.append(...children);
    return element;
  };

  const makeLine = (shown) => {
    const cells = {
      state: make('span', ''),
      kind: make('button', 'jobs-name', [], {type: 'button'}),
      studies: make('span', 'jobs-cut'),
      fill: make('div', ''),
      told: make('div', 'jobs-told'),
      elapsed: make('td', 'jobs-number'),
      eta: make('td', 'jobs-number'),
      attempt: make('td', 'jobs-number jobs-wide'),
      worker: make('td', 'jobs-worker jobs-wide'),
      act: make('button', 'jobs-act', [make('span', '')], {type: 'button'}),
    };
    cells.kind.dataset.press = 'choose';
    cells.bar = make('div', 'jobs-bar', [cells.fill], {role: 'progressbar'});
    const line = make('tr', '', [
      make('td', '', [cells.state]), make('td', '', [cells.kind]), make('td', 'jobs-studies', [cells.studies]),
      make('td', 'jobs-progress', [cells.bar, cells.told]), cells.elapsed, cells.eta, cells.attempt, cells.worker,
      make('td', 'jobs-number', [cells.act]),
    ]);
    line.dataset.key = shown.key;
    return {line, cells};
  };

  // Only what differs is touched: a button keeps the focus, a text its selection.
  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
    if (element.title !== text) element.title = text;
  };

  const fillLine = ({line, cells}, shown) => {
    line.className = `jobs-row jobs-${shown.state}`;
    cells.state.className = `jobs-badge state-${shown.state}`;
    write(cells.state, shown.state);
    write(cells.kind, shown.kind);
    cells.kind.setAttribute('aria-label', `${shown.title}, ${shown.state}: details`);
    write(cells.studies, shown.studies);
    cells.bar.classList.toggle('jobs-moving', shown.bar === null);
    cells.bar.setAttribute('aria-label', `How far ${shown.title} is`);
    if (shown.bar === null) cells.bar.removeAttribute('aria-valuenow');
    else cells.bar.setAttribute('aria-valuenow', shown.bar);
    cells.fill.style.width = `${shown.bar ?? 100}%`;
    for (const name of ['told', 'elapsed', 'eta', 'attempt', 'worker']) write(cells[name], shown[name]);
    cells.act.hidden = !shown.action;
    if (!shown.action) return;
    cells.act.dataset.press = shown.action;
    cells.act.firstChild.className = `icon icon-${shown.action === 'cancel' ? 'stop' : 'again'}`;
    const title = `${shown.action === 'cancel' ? 'Cancel' : 'Retry'} ${shown.title}`;
    cells.act.title = title;
    cells.act.setAttribute('aria-label', title);
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // Tells the table, in which one job is looked at; returns what it shows now: row -> mark.
    drawJobs(told, chosen) {
      if (!told) return window.dash_clientside.no_update;
      const host = document.getElementById('jobs-rows');
      if (table?.host !== host) table = {host, rows: new Map()};
      for (const shown of told.rows) {
        const known = table.rows.get(shown.row) ?? makeLine(shown);
        fillLine(known, shown);
        table.rows.set(shown.row, {...known, shown});
      }
      const order = told.order.filter((row) => table.rows.has(row));
      const lines = order.map((row) => table.rows.get(row).line);
      const kept = new Set(lines);
      for (const line of [...host.children]) if (!kept.has(line)) line.remove();
      // A line that is moved loses the focus: only those are that are not in their place.
      lines.forEach((line, place) => {
        if (host.children[place] !== line) host.insertBefore(line, host.children[place] ?? null);
      });
      for (const line of lines) {
        if (line.dataset.key === chosen) line.setAttribute('aria-current', 'true');
        else line.removeAttribute('aria-current');
      }
      return Object.fromEntries(order.map((row) => [row, table.rows.get(row).shown.mark]));
    },
  });

  // What the buttons do that need no server; the others tell it.
  const ACTIONS = {
    choose: (key) => setProps('jobs-chosen', {data: key}),
    rename: (key) => setProps('jobs-renaming', {data: key}),
    duplicate: (key) => setProps('new-duplicate', {data: {study: key, at: Date.now()}}),
  };

  document.addEventListener('click', (event) => {
    const pressed = event.target.closest('[data-press]');
    const key = (pressed ?? event.target).closest('[data-key]')?.dataset.key;
    if (pressed) {
      const {press, into} = pressed.dataset;
      if (ACTIONS[press] && !into) ACTIONS[press](key ?? null);
      else setProps(into ?? 'jobs-pressed', {data: {action: press, key, at: Date.now()}});
    } else if (event.target.closest('#jobs-rows tr') && !getSelection().toString()) ACTIONS.choose(key);
  });
})();
