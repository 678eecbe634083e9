// The way from the focused image to the pinned one: a film strip with what the teacher says of each frame, a bar of its likeliest
// class on the way, and marks where that changes. One question is under way at a time; of those that come meanwhile the last is
// asked.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;

  const NOTHING_YET = 'The way appears with the line.';
  const NO_SECOND = 'Pin a second image: with the pin of the focused image in the Teacher view, or type its number above.';
  const SAME = 'The pinned image is the focused one: click another image, or pin another.';
  const RETRY = 1000;  // ms
  const LEAST_DRAWN = 0.02;  // probability that a class must have somewhere on the way to have a curve
  const SVG = 'http://www.w3.org/2000/svg';

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);
  const percent = (share) => `${(100 * share).toFixed(1)}%`;

  let shown = null;  // the answer that is shown, what it was asked about, and the frame or flip that is looked at
  let wanted = null;
  let isFlying = false;
  let place = null;

  const placeOn = (body) => {
    if (place?.body === body) return place;
    body.replaceChildren();
    const look = make('div', 'morph-look', body);
    const big = make('canvas', 'morph-big', look);
    const said = make('div', 'morph-said', look);
    said.setAttribute('role', 'status');
    const move = make('button', 'latent-there', look, 'Move the line there');
    move.type = 'button';
    const film = make('div', 'morph-film', body);
    const marks = make('div', 'morph-marks', film);
    const rail = make('div', 'morph-rail', film);
    const strip = make('div', 'morph-strip', film);
    const slider = make('input', 'morph-slider', film);
    const curves = film.appendChild(document.createElementNS(SVG, 'svg'));
    curves.setAttribute('class', 'morph-curves');
    curves.setAttribute('viewBox', '0 0 1 1');
    curves.setAttribute('preserveAspectRatio', 'none');
    Object.assign(slider, {type: 'range', min: 0, step: 1});
    slider.setAttribute('aria-label', 'Frame of the way');
    slider.addEventListener('input', () => lookAt({frame: Number(slider.value)}));
    move.addEventListener('click', () => goTo(shown.at));
    place = {body, big, said, move, film, marks, rail, strip, slider, curves};
    return place;
  };

  // The line goes to the code of a frame, or of a flip.
  const goTo = ({frame, flip}) => {
    const {answer, source} = shown;
    setProps('vae-line', {data: {of: source.id, values: flip ? flip.code : answer.codes[frame]}});
  };

  // A frame, or the flip that lies nearest to it.
  const lookAt = ({frame, flip}) => {
    const {answer, source, images, shape} = shown;
    shown.at = {frame, flip};
    const {top, shares, at} = answer;
    darkroom.paintPixels(place.big, images[frame], shape);
    const where = `frame ${frame + 1} of ${at.length}, ${Math.round(100 * at[frame])}% of the way`;
    place.said.replaceChildren(
      make('b', '', null, `${source.names[top[frame]]}, ${percent(shares[frame])}`),
      make('span', '', null, where),
      ...(flip ? [make('span', '', null,
        `${source.names[flip.from]} \u2192 ${source.names[flip.to]} at ${percent(flip.at)}`)] : []),
    );
    place.slider.value = frame;
    place.slider.setAttribute('aria-valuetext', `${where}: ${source.names[top[frame]]}, ${percent(shares[frame])}`);
    place.strip.querySelectorAll('figure').forEach((each, number) => each.toggleAttribute('data-chosen', number === frame));
    place.marks.querySelectorAll('button').forEach((each) => each.setAttribute('aria-pressed', each.flip === flip));
  };

  const drawRail = ({answer: {flips, top}, source: {names, colours}}) => {
    const edges = [0, ...flips.map(({at}) => at), 1];
    const classes = [top[0], ...flips.map(({to}) => to)];
    place.rail.replaceChildren(...classes.map((label, number) => {
      const part = make('span', '', null);
      part.style.cssText = `flex-grow:${edges[number + 1] - edges[number]};--colour:${colours[label]}`;
      part.title = `${names[label]}: ${percent(edges[number])} to ${percent(edges[number + 1])} of the way`;
      return part;
    }));
    place.marks.replaceChildren(...flips.map((flip) => {
      const words = `${names[flip.from]} \u2192 ${names[flip.to]}`;
      const mark = make('button', '', null, words);
      Object.assign(mark, {type: 'button', flip, title: `${words} at ${percent(flip.at)} of the way: move the line there`});
      mark.style.left = `${100 * flip.at}%`;
      mark.addEventListener('click', () => {
        lookAt({frame: Math.round(flip.at * (top.length - 1)), flip});
        goTo(shown.at);
      });
      return mark;
    }));
    spread([...place.marks.children]);
  };

  // Marks whose words would lie on others go a row up; where that is taken too, their words are for the pointer alone.
  const spread = (marks) => {
    const ends = [-Infinity, -Infinity];
    marks.forEach((mark) => {
      const {left, right} = mark.getBoundingClientRect();
      const row = ends.findIndex((end) => left >= end);
      mark.dataset.row = row;
      if (row >= 0) ends[row] = right;
    });
    place.marks.toggleAttribute('data-two', ends[1] > -Infinity);
  };

  const drawStrip = ({answer: {top, shares}, source: {names, colours}, images, shape}) => {
    place.strip.replaceChildren(...images.map((pixels, frame) => {
      const figure = make('figure', '', null);
      darkroom.paintPixels(make('canvas', '', figure), pixels, shape);
      const words = make('figcaption', '', figure);
      make('b', '', words, names[top[frame]]).style.setProperty('--colour', colours[top[frame]]);
      make('span', '', words, percent(shares[frame]));
      figure.title = `${names[top[frame]]}, ${percent(shares[frame])}`;
      figure.addEventListener('click', () => lookAt({frame}));
      return figure;
    }));
    place.film.style.setProperty('--frames', images.length);
  };

  // The probabilities of the classes that are anything on the way, from frame to frame.
  const drawCurves = ({answer: {probabilities}, source: {names, colours}}) => {
    const last = probabilities.length - 1;
    place.curves.replaceChildren(...names.flatMap((name, label) => {
      const shares = probabilities.map((row) => row[label]);
      if (Math.max(...shares) < LEAST_DRAWN) return [];
      const curve = document.createElementNS(SVG, 'polyline');
      curve.setAttribute('points', shares.map((share, frame) => `${frame / last},${1 - share}`).join(' '));
      curve.setAttribute('stroke', colours[label]);
      curve.appendChild(document.createElementNS(SVG, 'title')).textContent = name;
      return [curve];
    }));
  };

  const say = (text) => {
    const words = document.getElementById('morph-words');
    document.getElementById('morph-body').hidden = Boolean(text);
    words.style.display = text ? '' : 'none';
    words.textContent = text;
    if (!text) return;
    shown = null;
    darkroom.hollow('morph', {});
    setProps('morph-asked', {data: null});
  };

  const draw = (answer, question, source) => {
    const body = document.getElementById('morph-body');
    if (!body || source.id !== darkroom.latent.source?.id) return;
    say('');
    placeOn(body);
    const {images, shape} = darkroom.imagesOf(answer.pixels);
    shown = {answer, source, images, shape, at: null};
    place.slider.max = images.length - 1;
    drawRail(shown);
    drawStrip(shown);
    drawCurves(shown);
    lookAt({frame: 0});
    body.dataset.frames = images.length;
    const places = Object.entries(answer.places).map(([map, frames]) => [map, frames.filter(Boolean)]);
    darkroom.hollow('morph', Object.fromEntries(places), body);
    setProps('morph-asked', {data: question});
  };

  const ask = async () => {
    if (isFlying) return;
    isFlying = true;
    while (wanted) {
      const {question, source} = wanted;
      wanted = null;
      try {
        const answer = await darkroom.ask('morph', question);
        if (!wanted) draw(answer, question, source);
      } catch (error) {
        if (wanted || !document.getElementById('morph-body')) continue;
        say(error.message);
        if (error.status === 503 || !error.status) {  // the server or its workers are away
          wanted = {question, source};
          await new Promise((resume) => setTimeout(resume, RETRY));
        }
      }
    }
    isFlying = false;
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawMorph(deck, source, pinned, residual, frames, way) {
      const keep = window.dash_clientside.no_update;
      if (deck !== 'morph-panel' || !await darkroom.element('morph-body')) {  // another panel is looked at
        wanted = null;
        darkroom.hollow('morph', {});
        return keep;
      }
      const hasSecond = Number.isInteger(pinned);
      if (!source || !hasSecond || pinned === source.number) {
        wanted = null;
        say(!source ? NOTHING_YET : hasSecond ? SAME : NO_SECOND);
        return keep;
      }
      if (!Number.isInteger(frames)) return keep;  // somebody types
      const {images, teacher, epoch, vae, codes, predictions, number} = source;
      wanted = {
        source,
        question: {
          images, teacher, epoch, vae, codes, predictions, first: number, second: pinned, steps: frames, way,
          residual: Boolean(residual), maps: darkroom.shownMaps(images),
        },
      };
      ask();
      return keep;
    },
  });
})();
