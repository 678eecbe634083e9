// The first test images, and below each what the VAE decodes of its code: it sharpens while the VAE learns.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  // Pixels of one image, channel after channel, on a canvas of its size; `scale` brings them to 0 to 255.
  const paintPixels = (canvas, pixels, [channels, height, width], scale = 1) => {
    Object.assign(canvas, {width, height});
    const context = canvas.getContext('2d'), picture = context.createImageData(width, height), count = width * height;
    for (let place = 0; place < count; place += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        picture.data[4 * place + channel] = scale * pixels[(channels === 1 ? 0 : channel) * count + place];
      }
      picture.data[4 * place + 3] = 255;
    }
    context.putImageData(picture, 0, 0);
  };

  const layOut = (host, images, numbers) => {
    const known = `${images} ${numbers}`;
    if (host.dataset.of === known) return;
    host.dataset.of = known;
    host.replaceChildren(...numbers.map((number) => {
      const pair = document.createElement('div');
      const image = Object.assign(new Image(), {src: `/image/${images}/${number}.png`, alt: `Image ${number}`});
      pair.append(image, document.createElement('canvas'));
      return pair;
    }));
  };

  // One drawing after the other: an older answer never takes the place of a newer one.
  let turn = 0;

  const drawStrip = async (shown) => {
    const host = document.getElementById('vae-strip');
    const mine = (turn += 1);
    if (!shown) {
      host.replaceChildren();
      delete host.dataset.of;
      return mine;
    }
    const {images, numbers, key, preview, epoch} = shown;
    const decoded = await (preview
      ? darkroom.fetchArray(`/preview/${key}.npy`, {cache: 'no-store'})
      : darkroom.array(key, 'strips')).catch(() => null);
    if (mine !== turn || !host.isConnected || !decoded) return window.dash_clientside.no_update;
    layOut(host, images, numbers);
    const shape = decoded.shape.slice(-3), size = shape[0] * shape[1] * shape[2];
    const start = preview ? 0 : epoch * numbers.length * size;
    host.querySelectorAll('canvas').forEach((canvas, place) => {
      const begin = start + place * size;
      paintPixels(canvas, decoded.subarray(begin, begin + size), shape, preview ? 255 : 1);
    });
    return mine;
  };

  Object.assign(darkroom, {paintPixels});
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {drawStrip});
})();
