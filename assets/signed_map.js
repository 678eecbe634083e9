// Maps of numbers of both signs over the pixels of an image: blue above 0, orange below, nothing at 0, so that they lie on light
// and dark ground alike; the image beneath, if it is wanted.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const [ABOVE, BELOW] = [[63, 144, 218], [231, 99, 0]];

  // The channels of a map (C, H, W) summed, with their signs: (H, W).
  const summed = (values, [channels, height, width]) => {
    const size = height * width, total = new Float32Array(size);
    for (let channel = 0; channel < channels; channel += 1) {
      for (let place = 0; place < size; place += 1) total[place] += values[channel * size + place];
    }
    return total;
  };

  const reach = (map) => map.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

  // Paints a map (H, W), `scale` at full colour; `under` are the bytes of the image (C, H, W), seen as far as `opacity` of the map
  // lets them.
  const paintSigned = (canvas, map, [channels, height, width], scale, under = null, opacity = 1) => {
    Object.assign(canvas, {width, height});
    const context = canvas.getContext('2d'), picture = context.createImageData(width, height), size = width * height;
    const {data} = picture;
    for (let place = 0; place < size; place += 1) {
      const share = scale > 0 ? Math.min(1, Math.abs(map[place]) / scale) : 0;
      const colour = map[place] > 0 ? ABOVE : BELOW, at = 4 * place;
      if (!under) {
        data.set([...colour, 255 * share], at);
        continue;
      }
      const alpha = opacity * share;
      for (let part = 0; part < 3; part += 1) {
        const pixel = under[(channels === 3 ? part * size : 0) + place];
        data[at + part] = alpha * colour[part] + (1 - alpha) * pixel;
      }
      data[at + 3] = 255;
    }
    context.putImageData(picture, 0, 0);
  };

  Object.assign(darkroom, {signed: {summed, reach, paint: paintSigned}});
})();
