// The points of a map in the plane, on a canvas of our own between Plotly's axes and its lasso. They are blended into one
// picture by hand: 10,000 take a few ms, and nothing before it, where WebGL has its programs and buffers to make first.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const PHASES = 4;  // places of a point in a pixel, along each axis
  const SAMPLES = 4;  // places that are looked at in a pixel, along each axis
  const OPACITY = 0.85;
  const FADED = 0.18;  // opacity of what is not selected
  const CROSS = 1.2;  // times as large as a circle

  // Plotly's marker for a point, of a size in px.
  const scatterSymbol = (isWrong, isFaded, size) => ({
    symbol: isWrong ? 'x' : 'circle', size: isWrong ? CROSS * size : size, opacity: isFaded ? FADED : OPACITY,
  });

  // What is inside of a symbol of radius 1. The arms of the cross are as long and as thick as Plotly's.
  const inCircle = (x, y) => x * x + y * y <= 1;
  const inCross = (x, y) => {
    const [along, across] = [Math.abs(x + y) * Math.SQRT1_2, Math.abs(x - y) * Math.SQRT1_2];
    return Math.min(along, across) <= 0.4 && Math.max(along, across) <= 1.2;
  };

  // How much of each pixel a symbol covers, for each place that its middle may have in a pixel.
  const stampsOf = (isInside, radius) => {
    const reach = Math.ceil(1.2 * radius) + 1;  // px from the pixel of the middle to the last one
    const side = 2 * reach + 1;
    const covers = (x, y) => {
      let count = 0;
      for (let sample = 0; sample < SAMPLES ** 2; sample += 1) {
        const [right, down] = [(sample % SAMPLES + 0.5) / SAMPLES, (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES];
        count += isInside((x + right) / radius, (y + down) / radius);
      }
      return count / SAMPLES ** 2;
    };
    const middle = (phase) => (phase + 0.5) / PHASES;
    const stamps = Array.from({length: PHASES ** 2}, (_, phase) => Float32Array.from({length: side ** 2}, (__, place) => covers(
      place % side - reach - middle(phase % PHASES), Math.floor(place / side) - reach - middle(Math.floor(phase / PHASES)))));
    return {reach, side, stamps};
  };

  class ScatterPoints {
    constructor() {
      this.canvas = Object.assign(document.createElement('canvas'), {className: 'scatter-points'});
      // Its pixels come from here: they are kept here, and not on a graphics card.
      this.context = this.canvas.getContext('2d', {willReadFrequently: true});
      this.known = {};  // stamps
    }

    // `parts`: what is drawn one after the other, as [ids, whether they are wrong, whether they are faded]. `box` is where the
    // axes lie in px, `[left, right, bottom, top]` what they show.
    paint({places}, parts, {step, palette}, size, box, [left, right, bottom, top]) {
      const {canvas, context} = this;
      const ratio = window.devicePixelRatio || 1;
      const [width, height] = [Math.round(ratio * box.width), Math.round(ratio * box.height)];
      Object.assign(canvas.style, {left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px`});
      if (canvas.width !== width || canvas.height !== height) {
        Object.assign(canvas, {width, height});
        this.picture = context.createImageData(width, height);
      } else this.picture.data.fill(0);
      const [across, up] = [width / (right - left), height / (top - bottom)];
      for (const [ids, isWrong, isFaded] of parts) {
        const stamp = this.stampOf(isWrong, ratio * size / 2);
        const opacity = isFaded ? FADED : OPACITY;
        for (const id of ids) {
          const [x, y] = [(places[2 * id] - left) * across, (top - places[2 * id + 1]) * up];
          this.blend(stamp, x, y, palette, 3 * step(id), opacity);
        }
      }
      context.putImageData(this.picture, 0, 0);
    }

    stampOf(isWrong, radius) {
      const name = `${isWrong} ${radius}`;
      return (this.known[name] ??= isWrong ? stampsOf(inCross, CROSS * radius) : stampsOf(inCircle, radius));
    }

    // Puts a symbol over what is there (Porter and Duff 1984, "over").
    blend({reach, side, stamps}, x, y, palette, colour, opacity) {
      const {data, width, height} = this.picture;
      const [column, row] = [Math.floor(x), Math.floor(y)];
      const covers = stamps[Math.floor(PHASES * (y - row)) * PHASES + Math.floor(PHASES * (x - column))];
      const [firstRow, lastRow] = [Math.max(0, row - reach), Math.min(height - 1, row + reach)];
      const [firstColumn, lastColumn] = [Math.max(0, column - reach), Math.min(width - 1, column + reach)];
      const [red, green, blue] = [palette[colour], palette[colour + 1], palette[colour + 2]];
      for (let down = firstRow; down <= lastRow; down += 1) {
        let place = (down - row + reach) * side + firstColumn - column + reach;
        let at = 4 * (down * width + firstColumn);
        for (let along = firstColumn; along <= lastColumn; along += 1, place += 1, at += 4) {
          const above = opacity * covers[place];
          if (above === 0) continue;
          const below = (1 - above) * data[at + 3] / 255;
          const both = above + below;
          data[at] = (above * red + below * data[at]) / both;
          data[at + 1] = (above * green + below * data[at + 1]) / both;
          data[at + 2] = (above * blue + below * data[at + 2]) / both;
          data[at + 3] = 255 * both;
        }
      }
    }
  }

  Object.assign(darkroom, {ScatterPoints, scatterSymbol});
})();
