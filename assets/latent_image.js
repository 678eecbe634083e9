// The image whose code is moved: itself, what is decoded of its own code and of the line, how they differ, and the teacher's
// answer before and after.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;
  const MOST_BARS = 10;
  const LEAST = 0.003;  // a share that is seen
  const TITLES = {original: 'Image', reconstruction: 'Reconstruction', now: 'Line', difference: 'Difference'};
  const FULL = 170;  // a change of the sum of the channels that has full colour

  const percent = (share) => (share >= 0.0995 ? `${(100 * share).toFixed(0)}%` : share >= 0.00095 ? `${(100 * share).toFixed(1)}%` : '<0.1%');

  // How much brighter or darker an image is than another, channels summed.
  const paintDifference = (canvas, after, before, shape) => {
    const change = Int16Array.from(after, (value, place) => value - before[place]);
    darkroom.signed.paint(canvas, darkroom.signed.summed(change, shape), shape, FULL);
  };

  class LatentImage {
    constructor(host) {
      this.host = host;
      this.listening = new AbortController();
      const {signal} = this.listening;
      darkroom.latent.addEventListener('source', () => this.begin(), {signal});
      darkroom.latent.addEventListener('answer', () => this.show(), {signal});
    }

    destroy() {
      this.listening.abort();
    }

    begin() {
      const {host} = this, {source} = darkroom.latent;
      host.replaceChildren();
      host.hidden = !source;
      document.getElementById('latent-image-words').style.display = source ? 'none' : '';
      if (!source) return;
      this.pictures = make('div', 'latent-pictures', host);
      this.canvases = Object.fromEntries(Object.entries(TITLES).map(([name, title]) => {
        const figure = make('figure', `latent-${name}`, this.pictures);
        const canvas = make('canvas', '', figure);
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', title);
        make('figcaption', '', figure, title);
        return [name, canvas];
      }));
      const answer = make('div', 'latent-answer', host);
      this.said = make('div', 'latent-said', answer);
      this.said.setAttribute('role', 'status');
      this.bars = make('div', 'latent-bars', answer);
    }

    show() {
      const {own, now, error, source} = darkroom.latent;
      if (!this.said?.isConnected) return;
      if (error) this.said.textContent = error;
      if (error || !own || !now) return;
      const [[original], [plain], [moved]] = [own.whole, own.plain, now].map(({pixels}) => darkroom.imagesOf(pixels).images);
      const shape = now.pixels.shape.slice(1);
      this.pictures.style.setProperty('--ratio', shape[2] / shape[1]);
      darkroom.paintPixels(this.canvases.original, original, shape);
      darkroom.paintPixels(this.canvases.reconstruction, plain, shape);
      darkroom.paintPixels(this.canvases.now, moved, shape);
      paintDifference(this.canvases.difference, moved, original, shape);
      this.answers(own.whole.probabilities, now.probabilities, own.plain.probabilities, source);
      this.host.dataset.shown = `${source.id} ${JSON.stringify(darkroom.latent.values)}`;
    }

    answers(before, after, plain, {names, colours, true: truth}) {
      const top = (shares) => shares.indexOf(Math.max(...shares));
      const [from, to] = [top(before), top(after)];
      const told = (which, shares) => `${names[which]} (${percent(shares[which])})`;
      const lost = top(plain) === from ? '' : ` The teacher takes the reconstruction for ${told(top(plain), plain)}.`;
      this.said.textContent = (from === to ? `Stays ${told(to, after)}.` : `${told(from, before)} becomes ${told(to, after)}.`) + lost;
      this.said.classList.toggle('latent-flipped', from !== to);
      const classes = names.map((_, which) => which);
      const worth = (which) => Math.max(before[which], after[which]);
      const shown = names.length <= MOST_BARS ? classes
        : classes.sort((one, other) => worth(other) - worth(one)).slice(0, MOST_BARS).sort((one, other) => one - other);
      if (this.shown?.join() !== shown.join() || !this.rows?.[0]?.row.isConnected) this.layRows(shown, names, colours, truth);
      Object.assign(this, {shown});
      this.rows.forEach(({row, bar, outline, number}, place) => {
        const which = shown[place];
        bar.style.width = `${100 * after[which]}%`;
        outline.style.width = `${100 * before[which]}%`;
        outline.hidden = before[which] < LEAST;
        number.textContent = percent(after[which]);
        number.title = `${after[which].toPrecision(4)}, before ${before[which].toPrecision(4)}`;
        row.classList.toggle('latent-top', which === to);
      });
    }

    layRows(shown, names, colours, truth) {
      this.bars.replaceChildren();
      this.rows = shown.map((which) => {
        const row = make('div', 'latent-bar', this.bars);
        make('span', 'latent-class', row, `${which === truth ? '\u2713 ' : ''}${names[which]}`).title = names[which];
        const track = make('span', 'latent-track', row);
        const bar = make('i', 'latent-share', track), outline = make('i', 'latent-before', track);
        bar.style.background = colours[which];
        return {row, bar, outline, number: make('span', 'latent-number', row)};
      });
    }
  }

  let image = null;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    drawLatentImage() {
      const host = document.getElementById('latent-image');
      if (image?.host !== host) {
        image?.destroy();
        image = new LatentImage(host);
        image.begin();
        image.show();
      }
      return window.dash_clientside.no_update;
    },
  });
})();
