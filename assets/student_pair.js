// Two classes: the difference of their weights, and what each pixel so adds to the one logit less the other; with the sum that they
// come to.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;
  const NAMED = 3;  // strongest pixels that are told of

  const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

  // Where the pointer is on a canvas, as the place of a pixel; null outside.
  const pixelAt = (canvas, event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * canvas.width);
    const row = Math.floor((event.clientY - box.top) / box.height * canvas.height);
    return row >= 0 && row < canvas.height && column >= 0 && column < canvas.width ? row * canvas.width + column : null;
  };

  const draw = (host, shown, student, one, other) => {
    const {shape, image, maps, bias, logits} = student, {names} = shown;
    const less = (what) => maps[one][what].map((value, place) => value - maps[other][what][place]);
    const difference = {weights: less('weights'), contributions: less('contributions')};
    host.replaceChildren();
    const pictures = make('div', 'student-pair-pictures', host);
    const told = make('div', 'student-pair-words', host);
    const figures = [['image', 'image'], ['weights', 'weights'], ['contributions', '× image']].map(([what, title]) => {
      const figure = make('figure', '', pictures), canvas = make('canvas', '', figure);
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', `${names[one]} against ${names[other]}: ${title}`);
      make('figcaption', '', figure, title);
      if (what === 'image') darkroom.paintPixels(canvas, image, shape);
      else darkroom.signed.paint(canvas, difference[what], shape, darkroom.signed.reach(difference[what]));
      return canvas;
    });
    const {contributions} = difference;
    const sum = (isIn) => contributions.reduce((total, value) => total + (isIn(value) ? value : 0), 0);
    const parts = [
      [`pixels for ${names[one]}`, sum((value) => value > 0)],
      [`pixels for ${names[other]}`, sum((value) => value < 0)],
      ['bias', bias[one] - bias[other]],
      ['student’s logits', logits.student[one] - logits.student[other]],
      ['teacher’s logits', logits.teacher[one] - logits.teacher[other]],
    ];
    const table = make('table', 'student-sum', told);
    for (const [title, value] of parts) {
      const row = make('tr', title.startsWith('student') ? 'student-total' : '', table);
      make('td', '', row, title);
      make('td', '', row, signed(value)).title = String(value);
    }
    const [, width] = shape.slice(1);
    const place = (at) => `row ${Math.floor(at / width)}, column ${at % width}`;
    const order = Array.from(contributions.keys()).sort((a, b) => Math.abs(contributions[b]) - Math.abs(contributions[a]));
    const strongest = order.slice(0, NAMED).map((at) => `${place(at)} (${signed(contributions[at])})`).join('; ');
    const said = make('div', 'student-pixel', told);
    const rest = () => { said.textContent = `Strongest pixels: ${strongest}.`; };
    rest();
    for (const canvas of figures) {
      canvas.addEventListener('pointermove', (event) => {
        const at = pixelAt(canvas, event);
        if (at === null) return;
        said.textContent = `${place(at)}: weight ${signed(difference.weights[at])}, adds ${signed(contributions[at])} for ${names[one]}.`;
      });
      canvas.addEventListener('pointerleave', rest);
    }
    Object.assign(host.dataset, {of: shown.key, pair: `${one} ${other}`, sums: JSON.stringify(parts.map(([, value]) => value))});
  };

  let wanted = 0;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawStudentPair(shown, one, other, deck) {
      const keep = window.dash_clientside.no_update, turn = (wanted += 1);
      const host = deck === 'student-pair-panel' ? await darkroom.element('student-pair') : null;
      if (!host) return keep;
      const isThere = Boolean(shown) && one !== null && other !== null && one !== undefined && other !== undefined;
      const student = isThere ? await darkroom.fetchStudent(shown.key, shown.title).catch(() => null) : null;
      if (turn !== wanted) return keep;
      host.hidden = !student;
      document.getElementById('student-pair-words').style.display = student ? 'none' : '';
      if (student) draw(host, shown, student, Number(one), Number(other));
      return keep;
    },
  });
})();
