// What a drawing on a canvas would be as SVG: takes the calls of a canvas's context that our painters make.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const SVG = 'http://www.w3.org/2000/svg';
  const ANCHORS = {left: 'start', center: 'middle', right: 'end'};
  const BASELINES = {alphabetic: 'auto', middle: 'central', top: 'hanging'};

  class SvgContext {
    // Width and height in the units of what is drawn, and how many of them are a px.
    constructor(width, height, ratio) {
      this.root = document.createElementNS(SVG, 'svg');
      this.put(this.root, {xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width: width / ratio, height: height / ratio});
      this.measuring = document.createElement('canvas').getContext('2d');
      Object.assign(this, {fillStyle: '#000', strokeStyle: '#000', lineWidth: 1, font: '10px sans-serif', textAlign: 'left'});
      Object.assign(this, {textBaseline: 'alphabetic', globalAlpha: 1, path: ''});
    }

    put(element, attributes) {
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      return element;
    }

    add(tag, attributes) {
      const opacity = this.globalAlpha < 1 ? {opacity: this.globalAlpha} : {};
      return this.root.appendChild(this.put(document.createElementNS(SVG, tag), {...attributes, ...opacity}));
    }

    fillRect(x, y, width, height) {
      if (width > 0 && height > 0) this.add('rect', {x, y, width, height, fill: this.fillStyle});
    }

    strokeRect(x, y, width, height) {
      this.add('rect', {x, y, width, height, fill: 'none', stroke: this.strokeStyle, 'stroke-width': this.lineWidth});
    }

    beginPath() {
      this.path = '';
    }

    moveTo(x, y) {
      this.path += `M${x} ${y}`;
    }

    lineTo(x, y) {
      this.path += `L${x} ${y}`;
    }

    fill() {
      this.add('path', {d: `${this.path}Z`, fill: this.fillStyle});
    }

    fillText(text, x, y) {
      const [, weight, size, family] = this.font.match(/^(?:(\d+) )?([\d.]+)px (.*)$/);
      this.add('text', {
        x, y, fill: this.fillStyle, 'font-size': size, 'font-family': family, 'font-weight': weight ?? 400,
        'text-anchor': ANCHORS[this.textAlign], 'dominant-baseline': BASELINES[this.textBaseline],
      }).textContent = text;
    }

    measureText(text) {
      this.measuring.font = this.font;
      return this.measuring.measureText(text);
    }

    // A part of a canvas, which goes along in the file.
    drawImage(source, left, top, width, height, x, y, inkWidth, inkHeight) {
      const cut = Object.assign(document.createElement('canvas'), {width, height});
      cut.getContext('2d').drawImage(source, left, top, width, height, 0, 0, width, height);
      this.add('image', {
        x, y, width: inkWidth, height: inkHeight, href: cut.toDataURL(), preserveAspectRatio: 'none',
        style: 'image-rendering: pixelated',
      });
    }

    text() {
      return new XMLSerializer().serializeToString(this.root);
    }
  }

  darkroom.SvgContext = SvgContext;
})();
