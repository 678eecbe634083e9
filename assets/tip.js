// The line of text beside the pointer.
(() => {
  const STYLE = 'position:fixed;z-index:1000;pointer-events:none;white-space:nowrap;max-width:calc(100vw - 8px);'
    + 'overflow:hidden;text-overflow:ellipsis;box-sizing:border-box';
  const EDGE = 4;  // px that stay free at the edges of the window

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

  class Tip {
    constructor() {
      this.box = document.createElement('div');
      this.box.style.cssText = STYLE;
      this.box.className = 'darkroom-tip';
      this.hide();
    }

    hide() {
      this.box.hidden = true;
    }

    // `parent` is what has to be seen for it to be seen, such as a panel in full screen.
    show(text, {x, y}, parent) {
      const {box} = this;
      box.hidden = false;
      if (box.parentNode !== parent) parent.append(box);
      box.textContent = text;
      box.style.left = box.style.top = '0px';
      const {left, top, width, height} = box.getBoundingClientRect();
      const {clientWidth, clientHeight} = document.documentElement;
      const fitsBelow = y + 18 + height <= clientHeight - EDGE;
      // A transformed ancestor moves the origin of fixed boxes: subtract where it put (0, 0).
      box.style.left = `${clamp(x + 14, EDGE, Math.max(EDGE, clientWidth - width - EDGE)) - left}px`;
      box.style.top = `${(fitsBelow ? y + 18 : Math.max(EDGE, y - 8 - height)) - top}px`;
    }

    remove() {
      this.box.remove();
    }
  }

  window.darkroom = window.darkroom || {};
  window.darkroom.Tip = Tip;
})();
