// What is done with the code of the focused image: where the line is, how wide the band about it, and what comes back when the
// image there is decoded. One question is under way at a time, and the next is asked of the newest line: nothing older is painted
// after something newer, and nothing of another image at all.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const RETRY = 1000;  // ms

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);

  // What a live call answers; the sentence that it was refused with is thrown.
  const ask = async (call, params, tab) => {
    const response = await fetch(`/ask/${call}`, {
      method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({tab, params}),
    });
    const answer = await response.json().catch(() => ({error: 'The page\u2019s server does not answer.'}));
    if (!response.ok) throw Object.assign(new Error(answer.error), {status: response.status});
    return answer;
  };

  // The same until there is an answer, or it is not wanted any more, as workers may start or be busy: `hear` gets the sentence.
  const askOn = async (call, params, tab, isWanted, hear = () => {}) => {
    for (;;) {
      try {
        return await ask(call, params, tab);
      } catch (error) {
        if (error.status !== 503 || !isWanted()) throw error;
        hear(error.message);
        await new Promise((resolve) => setTimeout(resolve, RETRY));
        if (!isWanted()) throw error;
      }
    }
  };

  // Where an answer would have the image on maps, by their keys: one point, or none where a map hides it.
  const placesOf = ({places}) => Object.fromEntries(Object.entries(places).map(([map, place]) => [map, place ? [place] : []]));

  const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

  // An answer's pixels (N, C, H, W): the bytes of each image, and its shape.
  const imagesOf = ({shape: [count, ...shape], data}) => {
    const bytes = bytesOf(data), size = bytes.length / count;
    return {shape, images: Array.from({length: count}, (_, number) => bytes.subarray(number * size, (number + 1) * size))};
  };

  class Latent extends EventTarget {
    // `own`: the image and its reconstruction, with what the teacher says of them; `now`: the same of the line. `moves` counts how
    // often the line was moved, `shown` is that of the line that `now` is of, `turn` counts what the page was told.
    constructor() {
      super();
      Object.assign(this, {source: null, values: null, below: [], above: [], residual: true, tab: 'page'});
      Object.assign(this, {own: null, now: null, spans: null, flying: false, isStale: false, error: null, moves: 0, shown: 0, turn: 0});
    }

    tell(what) {
      this.dispatchEvent(new Event(what));
    }

    get isMoved() {
      return this.values !== null;
    }

    get line() {
      return this.values ?? this.source.code;
    }

    // Another image, or another VAE: its own code, and a band of the usual width. `line` and `band` are those of the stores.
    async show(source, line, band, residual, width, tab) {
      const isNew = source?.id !== this.source?.id;
      Object.assign(this, {source, tab: tab ?? 'page'});
      if (isNew) Object.assign(this, {values: null, own: null, now: null, spans: null, error: null});
      if (!source) {
        this.place({});
        return this.tell('source');
      }
      if (isNew) {
        const names = ['lower', 'upper', 'histogram', 'kl', 'correlation'];
        const arrays = await Promise.all(names.map((name) => darkroom.array(source.codes, name))).catch(() => null);
        if (this.source !== source) return null;
        if (!arrays) {
          setTimeout(() => this.source === source && this.show(null) && this.show(source, line, band, residual, width, tab), RETRY);
          return null;
        }
        this.spans = Object.fromEntries(arrays.map((array, number) => [names[number], array]));
      } else if (!this.spans) return null;  // they are under way
      const isOther = residual !== this.residual;
      this.residual = residual;
      if (isNew || width !== this.width) this.widen(width, !isNew);
      // What the stores hold of this image is taken over, but not the echo of what was told them from here.
      const [isLine, isBand] = [line, band].map((store) => store?.of === source.id);
      if (isLine && (isNew || !line.turn)) this.values = line.values;
      if (isBand && (isNew || !band.turn)) Object.assign(this, {below: band.below, above: band.above});
      if (isNew) this.tell('source');
      this.tell('line');
      if (!isLine || !isBand) this.commit();
      if (isNew || isOther) this.tell('asked');
      return this.follow();
    }

    // Where the image of the line lies on maps, about.
    place(points) {
      darkroom.hollow('line', points, document.getElementById('latent-axes'));
    }

    widen(width, isTold = true) {
      const {lower, upper} = this.spans;
      this.width = width;
      const half = Array.from(lower, (least, axis) => width / 200 * (upper[axis] - least));
      Object.assign(this, {below: half, above: [...half]});
      if (isTold) this.commit();
    }

    resetBand() {
      this.widen(this.width);
      this.tell('line');
    }

    // The line goes to other values; null for the image's own.
    move(values) {
      this.values = values;
      this.moves += 1;
      this.tell('line');
      this.follow();
    }

    reach(below, above) {
      Object.assign(this, {below, above});
      this.tell('line');
    }

    // Tells the page, once a hand has let go, what is new: each of the two has all that depends on it asked for anew.
    commit() {
      const {source: {id: of}, values, below, above} = this, turn = (this.turn += 1);
      for (const [store, told] of Object.entries({'vae-line': {of, values}, 'vae-band': {of, below, above}})) {
        const {turn: at, ...held} = window.dash_component_api.getLayout(store).props.data ?? {};
        if (JSON.stringify(held) !== JSON.stringify(told)) setProps(store, {data: {...told, turn}});
      }
    }

    question(values, residual, maps) {
      const {number, images, teacher, epoch, vae, codes, predictions} = this.source;
      return {number, images, teacher, epoch, vae, codes, predictions, values, residual, maps};
    }

    // Asks until what is shown is what the line says.
    async follow() {
      this.isStale = true;
      if (this.flying) return;
      this.flying = true;
      while (this.isStale && this.source) {
        this.isStale = false;
        const {source, values, residual, moves} = this;
        try {
          if (!this.own) {
            const plain = await ask('decode', this.question(null, false, []), this.tab);
            const whole = await ask('decode', this.question(null, true, []), this.tab);
            if (this.source !== source) continue;
            this.own = {plain, whole};
          }
          const now = await ask('decode', this.question(values, residual, darkroom.shownMaps(source.images)), this.tab);
          if (this.source !== source) continue;
          Object.assign(this, {now, shown: moves, error: null});
          this.tell('answer');
          this.place(values || !residual ? placesOf(now) : {});  // what is not moved is on the maps itself
        } catch (error) {
          if (this.source !== source) continue;
          const isOvertaken = error.status === 409;  // by the same tab in another window
          if (!isOvertaken) {
            this.error = error.message;
            this.tell('answer');
          }
          if (isOvertaken || error.status === 503 || !error.status) {
            await new Promise((resolve) => setTimeout(resolve, RETRY));
            this.isStale = true;
          }
        }
      }
      this.flying = false;
    }
  }

  const latent = new Latent();

  // On another map it has another place.
  window.addEventListener('darkroom-drawn', () => latent.source && latent.spans && latent.follow());

  Object.assign(darkroom, {ask: (call, params, tab = latent.tab) => ask(call, params, tab), askOn, bytesOf, imagesOf, latent});
})();
