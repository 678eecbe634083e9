// The student of the focused image: a row a class with its weights, what each pixel adds to its logit, and what teacher and student
// say of it; one map enlarged over the image. Nothing of another image stays on the page.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;
  const MOST_ROWS = 100;
  const DIGITS = 3;

  const percent = (share) => (share >= 0.0995 ? `${(100 * share).toFixed(0)}%` : share >= 0.00095 ? `${(100 * share).toFixed(1)}%` : '<0.1%');

  const softmax = (logits) => {
    const most = Math.max(...logits), shares = Array.from(logits, (logit) => Math.exp(logit - most));
    const total = shares.reduce((sum, share) => sum + share, 0);
    return shares.map((share) => share / total);
  };

  // ---- what is of another image than the focused one is hidden at once ----

  let focused = null;
  let told = null;  // what is to be shown

  const mark = () => document.querySelectorAll('.student-of').forEach((body) => {
    body.classList.toggle('student-stale', told?.number !== focused || body.dataset.of !== told?.key);
  });

  new MutationObserver(mark).observe(document.documentElement, {subtree: true, childList: true, attributeFilter: ['data-of']});

  // ---- what is drawn of a student ----

  const fetchStudent = async (key, title) => {
    const names = ['weights', 'image', 'bias', 'teacher_logits', 'student_logits'];
    const [weights, image, bias, teacher, student] = await Promise.all(names.map((name) => darkroom.array(key, name)));
    const [count, ...shape] = weights.shape, size = shape.reduce((product, side) => product * side, 1);
    const maps = Array.from({length: count}, (_, label) => {
      const own = weights.subarray(label * size, (label + 1) * size);
      return {
        weights: darkroom.signed.summed(own, shape),
        contributions: darkroom.signed.summed(own.map((weight, place) => weight * image[place] / 255), shape),
      };
    });
    const scales = Object.fromEntries(['weights', 'contributions']
      .map((what) => [what, Math.max(...maps.map((map) => darkroom.signed.reach(map[what])))]));
    return {key, title, shape, image, bias, maps, scales, logits: {teacher, student}, shares: {teacher: softmax(teacher), student: softmax(student)}};
  };

  class StudentMaps {
    constructor(host) {
      this.host = host;
      this.opacity = 0.8;
    }

    show(told, students, order, scale) {
      const {host} = this, isNew = this.told?.key !== told.key || this.told?.other !== told.other;
      Object.assign(this, {told, students, scale});
      host.replaceChildren();
      host.classList.toggle('student-two', students.length > 1);
      const [first] = students, {true: truth} = told;
      const worth = (label) => Math.max(...students.flatMap(({shares}) => [shares.teacher[label], shares.student[label]]));
      const classes = told.names.map((_, label) => label);
      const byShare = [...classes].sort((one, other) => worth(other) - worth(one));
      const shown = (order === 'class' ? classes.filter((label) => byShare.indexOf(label) < MOST_ROWS) : byShare.slice(0, MOST_ROWS));
      if (isNew) this.looked = {student: 0, label: byShare[0], what: 'contributions'};
      this.layLook();
      const table = make('div', 'student-rows', host);
      this.layHead(table);
      this.tiles = [];
      for (const label of shown) this.layRow(table, label, truth, first.shares.teacher);
      if (shown.length < classes.length) make('div', 'student-more', table, `The ${MOST_ROWS} likeliest of ${classes.length.toLocaleString('en')} classes.`);
      this.look(this.looked);
      host.dataset.of = told.key;
      host.dataset.shown = students.map(({key}) => key).join();
    }

    layLook() {
      const look = make('div', 'student-look', this.host);
      this.big = make('canvas', 'student-big', look);
      this.big.setAttribute('role', 'img');
      this.caption = make('div', 'student-caption', look);
      const label = make('label', 'student-opacity', look, 'Map over the image');
      const slider = make('input', '', label);
      Object.assign(slider, {type: 'range', min: 0, max: 1, step: 0.05, value: this.opacity});
      slider.addEventListener('input', () => {
        this.opacity = Number(slider.value);
        this.look(this.looked);
      });
      const legend = make('div', 'student-legend', look);
      this.least = make('span', '', legend);
      make('i', '', legend);
      this.most = make('span', '', legend);
    }

    layHead(table) {
      const head = make('div', 'student-row student-head', table);
      make('span', '', head);
      for (const {title} of this.students) {
        const isTwo = this.students.length > 1;
        make('span', '', head, 'weights');
        make('span', '', head, '× image');
        const words = make('span', 'student-title', head, isTwo ? title : 'teacher, student');
        words.title = title;
      }
    }

    layRow(table, label, truth, shares) {
      const {told: {names, colours}} = this;
      const row = make('div', 'student-row', table);
      row.classList.toggle('student-top', shares[label] === Math.max(...shares));
      const name = make('span', 'student-name', row, `${label === truth ? '✓ ' : ''}${names[label]}`);
      name.title = names[label];
      this.students.forEach((student, number) => {
        for (const what of ['weights', 'contributions']) {
          const tile = make('button', 'student-tile', row), canvas = make('canvas', '', tile);
          tile.type = 'button';
          tile.setAttribute('aria-label', `${names[label]}: ${what === 'weights' ? 'weights' : 'weight × image'}`);
          this.tiles.push({tile, number, label, what});
          const map = student.maps[label][what];
          darkroom.signed.paint(canvas, map, student.shape, this.scaleOf(student, label, what));
          for (const event of ['pointerenter', 'focus', 'click']) tile.addEventListener(event, () => this.look({student: number, label, what}));
        }
        const bars = make('span', 'student-bars', row);
        for (const who of ['teacher', 'student']) {
          const share = student.shares[who][label], track = make('span', 'student-track', bars);
          const bar = make('i', `student-of-${who}`, track);
          bar.style.cssText = `width:${100 * share}%;--colour:${colours[label]}`;
          const number_ = make('span', 'student-number', bars, percent(share));
          number_.title = `${who}: ${share.toPrecision(4)}, logit ${student.logits[who][label].toFixed(3)}`;
        }
      });
    }

    scaleOf(student, label, what) {
      if (this.scale === 'own') return darkroom.signed.reach(student.maps[label][what]);
      return Math.max(...this.students.map(({scales}) => scales[what]));
    }

    // One map, enlarged over the image.
    look(at) {
      this.looked = at;
      const {student: number, label, what} = at, student = this.students[Math.min(number, this.students.length - 1)];
      const map = student.maps[label][what], scale = this.scaleOf(student, label, what);
      darkroom.signed.paint(this.big, map, student.shape, scale, student.image, this.opacity);
      const total = map.reduce((sum, value) => sum + value, 0), bias = student.bias[label];
      const name = this.told.names[label];
      this.caption.replaceChildren(make('b', '', null, name), document.createTextNode(what === 'weights' ? ': weights'
        : `: the pixels add ${total.toFixed(2)}, with the bias of ${bias.toFixed(2)} a logit of ${student.logits.student[label].toFixed(2)}`));
      this.big.setAttribute('aria-label', `${name}: ${what === 'weights' ? 'weights' : 'weight × image'} over the image`);
      this.least.textContent = `−${scale.toPrecision(DIGITS)}`;
      this.most.textContent = `+${scale.toPrecision(DIGITS)}`;
      for (const {tile, ...of} of this.tiles) tile.toggleAttribute('data-chosen', of.number === number && of.label === label && of.what === what);
    }
  }

  let maps = null;
  let wanted = 0;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    followStudent(focus) {
      focused = focus;
      mark();
      return window.dash_clientside.no_update;
    },

    async drawStudent(shown, order, scale, deck) {
      const keep = window.dash_clientside.no_update, turn = (wanted += 1);
      told = shown;
      mark();
      if (!shown || deck !== 'student-panel') return keep;
      const keys = [[shown.key, shown.title], ...(shown.other ? [[shown.other, shown.other_title]] : [])];
      const students = await Promise.all(keys.map(([key, title]) => fetchStudent(key, title))).catch(() => null);
      const host = await darkroom.element('student-maps');
      if (turn !== wanted || !host || !students) return keep;
      if (maps?.host !== host) maps = new StudentMaps(host);
      maps.show(shown, students, order, scale);
      mark();
      darkroom.student = maps;  // for the page's tests, and for whoever opens the console
      return keep;
    },
  });

  Object.assign(darkroom, {fetchStudent});
})();
