// What lies over the points of a map: the centres of classes with their names, a way that was drawn. The points are a canvas
// over Plotly's traces, so that these are painted here, from what Plotly would draw them from.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const STAR = 1.4;  // Plotly's star reaches so many radii
  const INNER = 0.382;  // of a star of five rays
  const HALO = 0.22;  // around names, of their size

  const polygon = (context, corners) => {
    context.beginPath();
    corners.forEach(([x, y], number) => (number ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
  };

  const starAt = ([x, y], radius) => Array.from({length: 10}, (_, corner) => {
    const [angle, reach] = [Math.PI * (corner / 5 - 0.5), corner % 2 ? INNER * radius : radius];
    return [x + reach * Math.cos(angle), y + reach * Math.sin(angle)];
  });

  const headAt = ([x, y], angle, size) => [[0, 0], [-size, size / 2], [-size, -size / 2]].map(([along, aside]) => [
    x + along * Math.cos(angle) - aside * Math.sin(angle), y + along * Math.sin(angle) + aside * Math.cos(angle),
  ]);

  class ScatterOver {
    constructor() {
      this.canvas = Object.assign(document.createElement('canvas'), {className: 'scatter-points'});
      this.context = this.canvas.getContext('2d');
    }

    // `traces` of Plotly's: arrows along `lines`, or stars with names. `box` is where the axes lie in px, `[left, right, bottom,
    // top]` what they show, `colours` has those of `text` and `surface`, `font` its family.
    paint(traces, box, [left, right, bottom, top], colours, font) {
      const {canvas, context} = this;
      const ratio = window.devicePixelRatio || 1;
      const [width, height] = [Math.round(ratio * box.width), Math.round(ratio * box.height)];
      Object.assign(canvas.style, {left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px`});
      Object.assign(canvas, {width, height});  // which clears it
      context.scale(ratio, ratio);
      context.lineJoin = 'round';
      const [across, up] = [box.width / (right - left), box.height / (top - bottom)];
      for (const trace of traces) {
        const places = Array.from(trace.x, (x, place) => [(x - left) * across, (top - trace.y[place]) * up]);
        if (trace.mode.startsWith('lines')) this.arrow(places, trace);
        else this.stars(places, trace, colours, font);
      }
    }

    arrow(places, {line: {color, width}, marker: {size}}) {
      const {context} = this;
      Object.assign(context, {strokeStyle: color, fillStyle: color, lineWidth: width});
      context.beginPath();
      places.forEach(([x, y], number) => (number ? context.lineTo(x, y) : context.moveTo(x, y)));
      context.stroke();
      const [before, end] = places.slice(-2);
      polygon(context, headAt(end, Math.atan2(end[1] - before[1], end[0] - before[0]), size.at(-1)));
      context.fill();
    }

    // Names last, so that no star lies over one.
    stars(places, {text, marker: {color, size}, textfont}, colours, font) {
      const {context} = this;
      Object.assign(context, {strokeStyle: colours.text, lineWidth: 1.2});
      places.forEach((place, number) => {
        polygon(context, starAt(place, STAR * size / 2));
        context.fillStyle = color[number];
        context.fill();
        context.stroke();
      });
      Object.assign(context, {
        font: `${textfont.weight} ${textfont.size}px ${font}`, textAlign: 'center', textBaseline: 'bottom', strokeStyle: colours.surface,
        fillStyle: colours.text, lineWidth: HALO * textfont.size,
      });
      places.forEach(([x, y], number) => {
        const name = this.unescaped(text[number]);
        context.strokeText(name, x, y - size / 2);
        context.fillText(name, x, y - size / 2);
      });
    }

    // Plotly would take what looks like HTML for HTML.
    unescaped(text) {
      return text.replace(/&(amp|lt|gt);/g, (_, name) => ({amp: '&', lt: '<', gt: '>'}[name]));
    }
  }

  darkroom.ScatterOver = ScatterOver;
})();
