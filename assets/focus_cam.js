// Class activation maps over the images that are looked at: blue where the teacher looks, the image as it is elsewhere.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;
  const MOST = 0.8;  // of the map's colour, where it is largest

  let wanted = 0;

  const paint = (figure, {shape: [height, width], data, layer, is_blank: isBlank}) => {
    const values = darkroom.bytesOf(data), map = Float32Array.from(values, (value) => value / 255);
    const canvas = figure.querySelector('.focus-cam') ?? make('canvas', 'focus-cam', figure);
    darkroom.signed.paint(canvas, map, [1, height, width], 1 / MOST);
    canvas.title = isBlank ? `Grad-CAM of ${layer} is 0 everywhere` : `Grad-CAM of ${layer}`;
    canvas.dataset.layer = layer;
  };

  const clear = () => document.querySelectorAll('.focus-cam').forEach((canvas) => canvas.remove());

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawCam(isOn, of, _images, epoch, focus, pinned, tab) {
      const keep = window.dash_clientside.no_update, turn = (wanted += 1);
      clear();
      if (!isOn || !of || !Number.isInteger(focus)) return keep;
      const shown = [['focus-image', focus], ['pinned-image', pinned]];
      await Promise.all(shown.map(async ([id, number]) => {
        if (!Number.isInteger(number)) return;
        const params = {images: of.images, teacher: of.teacher, epoch: Math.min(epoch ?? of.last, of.last), number, layer: ''};
        const answer = await darkroom.ask('cam', params, `${tab ?? 'page'}-cam-${id}`).catch(() => null);
        const figure = document.getElementById(id)?.parentElement;
        if (answer && figure && turn === wanted) paint(figure, answer);
      }));
      return keep;
    },
  });
})();
