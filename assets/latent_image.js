// The image whose code is moved: itself, what is decoded of its own code and of the line, how they differ, and the teacher's
// answer before and after.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const MOST_BARS = 10;
  const LEAST = 0.003;  // a share that is seen
  const TITLES = {original: 'Image', reconstruction: 'Reconstruction', now: 'Line', difference: 'Difference'};
  const [BRIGHTER, DARKER] = [[63, 144, 218], [231, 99, 0]];

  const element = (name, className, parent, text = '') => {
    const made = Object.assign(document.createElement(name), {className, textContent: text});
    parent?.append(made);
    return made;
  };

  const percent = (share) => (share >= 0.0995 ? `${(100 * share).toFixed(0)}%` : share >= 0.00095 ? `${(100 * share).toFixed(1)}%` : '<0.1%');

  // How much brighter or darker an image is than another, channels summed, over the ground of the panel.
  const paintDifference = (canvas, after, before, [channels, height, width]) => {
    Object.assign(canvas, {width, height});
    const context = canvas.getContext('2d'), picture = context.createImageData(width, height), size = width * height;
    for (let place = 0; place < size; place += 1) {
      let change = 0;
      for (let channel = 0; channel < channels; channel += 1) change += after[channel * size + place] - before[channel * size + place];
      const colour = change > 0 ? BRIGHTER : DARKER;
      picture.data.set([...colour, Math.min(255, 1.5 * Math.abs(change))], 4 * place);
    }
    context.putImageData(picture, 0, 0);
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
      const pictures = element('div', 'latent-pictures', host);
      this.canvases = Object.fromEntries(Object.entries(TITLES).map(([name, title]) => {
        const figure = element('figure', `latent-${name}`, pictures);
        const canvas = element('canvas', '', figure);
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', title);
        element('figcaption', '', figure, title);
        return [name, canvas];
      }));
      const answer = element('div', 'latent-answer', host);
      this.said = element('div', 'latent-said', answer);
      this.said.setAttribute('role', 'status');
      this.bars = element('div', 'latent-bars', answer);
    }

    show() {
      const {own, now, error, source} = darkroom.latent;
      if (!this.said?.isConnected) return;
      if (error) this.said.textContent = error;
      if (error || !own || !now) return;
      const [[original], [plain], [moved]] = [own.whole, own.plain, now].map(({pixels}) => darkroom.imagesOf(pixels).images);
      const shape = now.pixels.shape.slice(1);
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
        const row = element('div', 'latent-bar', this.bars);
        element('span', 'latent-class', row, `${which === truth ? '\u2713 ' : ''}${names[which]}`).title = names[which];
        const track = element('span', 'latent-track', row);
        const bar = element('i', 'latent-share', track), outline = element('i', 'latent-before', track);
        bar.style.background = colours[which];
        return {row, bar, outline, number: element('span', 'latent-number', row)};
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
