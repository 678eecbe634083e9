// The path of an image: a row a layer, with what its library takes the image for and the stored examples that it is most like. Of
// the focused image, or of one that is brought along.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make, svg} = darkroom;
  const BARS = {width: 80, height: 32};
  const FORMS = ['raw', 'published'];

  let turn = 0, brought = 0;
  let given = null;  // {images, name, bytes, isInverted} of an image of one's own, or null
  let last = null;  // what was drawn last: [shown, value, focus, lookedAt, tab]

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  const listed = (words) => (words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`);

  const pixelsNow = () => (given.isInverted ? given.bytes.map((value) => 255 - value) : given.bytes);

  // ---- words ----

  // Layers one after the other that take it for the same: "conv1 and conv2 took it for 4, hidden for 9".
  const pathWords = ({layers, answer}, names) => {
    if (layers.every((layer) => layer.answer === answer)) return `All layers took it for ${names[answer]}, and so does the net.`;
    const runs = [];
    layers.forEach((layer) => {
      const run = runs[runs.length - 1];
      if (run?.answer === layer.answer) run.layers.push(layer.name);
      else runs.push({answer: layer.answer, layers: [layer.name]});
    });
    const told = runs.map((run, place) => `${listed(run.layers)} ${place ? '' : 'took it '}for ${names[run.answer]}`);
    const others = layers.map((layer) => layer.answer !== answer).lastIndexOf(true), settled = layers[others + 1];
    return `${told.join(', ')}; the net says ${names[answer]}. ${settled ? `From ${settled.name} on, the answer stays.` : 'No layer’s library says so at the end.'}`;
  };

  const consistencyWords = ({consistency, lower}) => FORMS.map((form, at) => {
    const share = lower[at] < 0.5 ? `less consistent than ${percent(1 - lower[at])}` : `more consistent than ${percent(lower[at])}`;
    return at ? `in the published form ${consistency[at].toFixed(3)}, ${share}` : `CPL ${consistency[at].toFixed(3)}, ${share} of the clean test images`;
  }).join('; ');

  // ---- an image of one's own ----

  const bring = async (file) => {
    const shown = last?.[0];
    if (!shown) return;
    const host = document.getElementById('library-path'), mine = (brought += 1);
    try {
      const bytes = await darkroom.readImage(file, shown.shape);
      if (mine !== brought) return;
      given = {images: shown.images, name: file.name, bytes, isInverted: false};
      draw(...last);
    } catch (error) {
      if (mine === brought && host) say(host, error.message);
    }
  };

  const leave = () => {
    given = null;
    draw(...last);
  };

  const panelOf = (event) => event.target.closest?.('#library-path-panel');
  const over = (isOver) => document.getElementById('library-path-panel')?.classList.toggle('library-over', isOver);

  document.addEventListener('click', (event) => {
    if (!event.target.closest?.('#library-path-give')) return;
    const picker = Object.assign(document.createElement('input'), {type: 'file', accept: 'image/*'});
    picker.addEventListener('change', () => picker.files[0] && bring(picker.files[0]));
    picker.click();
  });
  document.addEventListener('dragover', (event) => {
    const isHere = Boolean(panelOf(event)) && event.dataTransfer.types.includes('Files');
    over(isHere);
    if (isHere) event.preventDefault();
  });
  document.addEventListener('dragleave', (event) => event.relatedTarget === null && over(false));
  document.addEventListener('drop', (event) => {
    over(false);
    if (!panelOf(event) || !event.dataTransfer.files.length) return;
    event.preventDefault();
    bring(event.dataTransfer.files[0]);
  });

  // ---- drawing ----

  const say = (host, words) => {
    host.querySelector('.library-refused')?.remove();
    host.prepend(make('div', 'library-refused', null, words));
    host.removeAttribute('data-waits');
  };

  const picture = (parent, shown, number, words) => {
    const button = make('button', 'library-example', parent);
    Object.assign(button, {type: 'button', title: words});
    Object.assign(make('img', '', button), {src: `/image/${shown.images}/${number}.png`, alt: words});
    button.addEventListener('click', () => setProps('focus', {data: number}));
    return button;
  };

  // Of what is looked at: the image itself, and what is said of it.
  const layHead = (host, shown, told, label, focus) => {
    const head = make('div', 'library-head', host), {names, shape} = shown;
    if (given) {
      const canvas = make('canvas', 'library-seen', head);
      darkroom.paintPixels(canvas, pixelsNow(), shape);
      canvas.title = `What the net sees: ${shape[2]} × ${shape[1]} pixels`;
    } else Object.assign(make('img', 'library-seen', head), {src: `/image/${shown.images}/${focus}.png`, alt: `Image ${focus}`});
    const words = make('div', 'library-words', head);
    make('p', 'library-sentence', words, pathWords(told, names));
    const what = given ? `${given.name}, as the net sees it` : `Image ${focus}${label === null ? '' : `, true ${names[label]}`}`;
    make('p', '', words, `${what}; the net says ${names[told.answer]} with ${percent(told.probability)}. ${consistencyWords(told)}.`);
    if (!given) return;
    const tools = make('div', 'library-tools', words), invert = make('button', '', tools, 'Invert');
    Object.assign(invert, {type: 'button', title: 'Bright for dark'});
    invert.setAttribute('aria-pressed', given.isInverted);
    invert.addEventListener('click', () => {
      given.isInverted = !given.isInverted;
      draw(...last).then(() => document.querySelector('.library-tools button')?.focus());
    });
    const back = make('button', '', tools, Number.isInteger(focus) ? `× Back to image ${focus}` : '× Leave it');
    back.type = 'button';
    back.addEventListener('click', leave);
  };

  // Scores of the classes, from the lowest to the highest of the layer.
  const layBars = (parent, scores, {names, colours}) => {
    const [least, most] = [Math.min(...scores), Math.max(...scores)], span = most - least || 1, wide = BARS.width / scores.length;
    const bars = svg('svg', {class: 'library-bars', viewBox: `0 0 ${BARS.width} ${BARS.height}`, width: BARS.width, height: BARS.height, role: 'img', 'aria-label': 'Scores of the classes'}, parent);
    scores.forEach((score, label) => {
      const bar = svg('g', {}, bars), tall = Math.max(BARS.height * (score - least) / span, 1), x = label * wide;
      svg('rect', {x, y: 0, width: wide, height: BARS.height, 'fill-opacity': 0}, bar);  // so that the words of a low one are found
      svg('rect', {x, y: BARS.height - tall, width: Math.max(wide - 1, 0.8), height: tall, fill: colours[label]}, bar);
      svg('title', {}, bar, `${names[label]}: ${score.toPrecision(4)}`);
    });
  };

  const layLayer = (table, shown, {name, answer, scores, threshold, size, nearest}) => {
    const {names, colours} = shown, row = make('div', 'library-layer', table), title = make('div', 'library-name', row);
    make('b', '', title, name);
    make('span', '', title, `θ ${threshold.toFixed(3)}`);
    make('span', '', title, `${size.toLocaleString('en')} examples`);
    title.title = `${name}: θ ${threshold}, ${size} examples`;
    darkroom.librarySays(row, names[answer], colours[answer]).classList.add('library-answer');
    layBars(row, scores, shown);
    const examples = make('div', 'library-examples', row);
    nearest.forEach((each, place) => {
      const isRight = each.answer === each.label, wrong = isRight ? '' : `, wrongly, it is ${names[each.label]}`;
      const example = picture(examples, shown, each.number, `Image ${each.number}: cosine ${each.cosine.toFixed(4)}, the net says ${names[each.answer]}${wrong}`);
      example.classList.toggle('library-silent', place >= shown.top);
      const beside = make('span', 'library-beside', example), chip = darkroom.librarySays(beside, names[each.answer], colours[each.answer]);
      chip.removeAttribute('title');
      chip.classList.toggle('library-wrong', !isRight);
      make('span', 'library-cosine', beside, each.cosine.toFixed(3));
    });
  };

  const lay = (host, shown, told, label, focus) => {
    const at = host.scrollTop, isSame = host.dataset.of === `${shown.key} ${told.layers.length}`;
    host.replaceChildren();
    host.dataset.of = `${shown.key} ${told.layers.length}`;
    host.removeAttribute('data-waits');
    layHead(host, shown, told, label, focus);
    const table = make('div', 'library-layers', host);
    told.layers.forEach((layer) => layLayer(table, shown, layer));
    if (isSame) host.scrollTop = at;
  };

  async function draw(shown, value, focus, lookedAt, tab) {
    const keep = window.dash_clientside.no_update, mine = (turn += 1);
    last = [shown, value, focus, lookedAt, tab];
    if (lookedAt !== 'library-path-panel') return keep;
    const host = await darkroom.element('library-path'), words = document.getElementById('library-path-words');
    if (!host || mine !== turn) return keep;
    if (given && given.images !== shown?.images) given = null;
    const isThere = shown && (given || Number.isInteger(focus));
    if (words) words.style.display = isThere ? 'none' : '';
    if (words && shown) words.textContent = 'Look at an image in any view, or drop one of your own here.';
    if (!isThere) {
      host.replaceChildren();
      return mine;
    }
    const at = Number.isInteger(value) ? Math.min(Math.max(value, 0), shown.n_sets - 1) : shown.usual;
    const what = given ? {pixels: darkroom.bits.textOf(pixelsNow())} : {number: focus};
    const {key: library, images, teacher, predictions} = shown;
    host.setAttribute('data-waits', '');
    const isWanted = () => mine === turn && host.isConnected;
    const [told, labels] = await Promise.all([
      darkroom.askOn('library-path', {library, images, teacher, predictions, at, ...what}, `${tab ?? 'page'}-path`, isWanted, (words) => say(host, words)).catch((error) => error),
      given ? null : darkroom.array(images, 'labels').catch(() => null),
    ]);
    if (!isWanted()) return keep;
    if (told instanceof Error) say(host, told.message);
    else lay(host, shown, told, labels?.[focus] ?? null, focus);
    return mine;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {drawPath: draw});
})();
