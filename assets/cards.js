// What the tiles of an image grid show where there are no pictures: the class that was predicted, and how surely.
(() => {
  const FAINT = 0.2;
  const LETTERS_SHARE = 0.22;  // of a card's height, between the least and the most, in CSS px
  const LEAST_LETTERS = 8;
  const MOST_LETTERS = 14;
  const MOST_STRIPE = 4;

  // Stands in for Thumbnails, but has nothing to fetch.
  class Cards {
    constructor(source) {
      Object.assign(this, {source, error: null, short: new Map()});
    }

    close() {}

    forgive() {}

    gather() {}

    fit(inkWidth, inkHeight) {
      if (this.inkWidth === inkWidth && this.inkHeight === inkHeight) return;
      const ratio = window.devicePixelRatio || 1;
      const letters = Math.max(LEAST_LETTERS * ratio, Math.min(LETTERS_SHARE * inkHeight, MOST_LETTERS * ratio));
      const stripe = Math.min(Math.round(inkHeight / 16), MOST_STRIPE * ratio);
      Object.assign(this, {inkWidth, inkHeight, stripe, left: 2.5 * stripe, letters, short: new Map()});
    }

    paint(context, id, x, y, colours) {
      const {inkWidth, inkHeight, stripe, left, letters, source} = this;
      const {predicted, confidence, classNames} = source;
      context.fillStyle = source.colours[predicted[id]];
      context.globalAlpha = FAINT;
      context.fillRect(x, y, inkWidth, inkHeight);
      context.globalAlpha = 1;
      context.fillRect(x, y, stripe, inkHeight);
      Object.assign(context, {textAlign: 'left', textBaseline: 'middle', fillStyle: colours.text});
      context.font = `600 ${letters}px system-ui, sans-serif`;
      context.fillText(this.shortened(context, classNames[predicted[id]]), x + left, y + inkHeight / 2 - 0.75 * letters);
      context.font = `${0.9 * letters}px system-ui, sans-serif`;
      context.fillText(`${Math.round(100 * confidence[id])} %`, x + left, y + inkHeight / 2 + 0.75 * letters);
      return true;
    }

    // As much of a name as a card has room for.
    shortened(context, name) {
      if (!this.short.has(name)) {
        const room = this.inkWidth - this.left - this.stripe;
        const letters = Array.from(name);
        let text = name;
        while (letters.length > 1 && context.measureText(text).width > room) {
          letters.pop();
          text = `${letters.join('')}…`;
        }
        this.short.set(name, text);
      }
      return this.short.get(name);
    }
  }

  window.darkroom = window.darkroom || {};
  window.darkroom.Cards = Cards;
})();
