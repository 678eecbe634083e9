// The epoch that all panels of the Slicer view look at: what it is of the slice that is shown, and what plays it.
(() => {
  const STEP = 600;  // ms, for the slowest of the panels to follow

  let playing = null;

  const slider = () => window.dash_component_api.getLayout('slicer-epoch')?.props;

  const stop = () => {
    clearInterval(playing);
    playing = null;
    document.getElementById('slicer-play')?.classList.replace('icon-pause', 'icon-play');
  };

  const step = () => {
    const now = document.getElementById('slicer-play') && slider();
    if (!now || now.disabled || now.value >= now.max) return stop();
    return window.dash_clientside.set_props('slicer-epoch', {value: now.value + 1});
  };

  document.addEventListener('click', (event) => {
    if (!event.target.closest?.('#slicer-play')) return;
    const now = slider();
    if (playing !== null) return stop();
    if (!now || now.disabled) return;
    if (now.value >= now.max) window.dash_clientside.set_props('slicer-epoch', {value: 0});
    document.getElementById('slicer-play').classList.replace('icon-play', 'icon-pause');
    playing = setInterval(step, STEP);
  });

  // The place of the epoch of a slice that is nearest to one of training; of two as near, the earlier.
  const epochAt = (epochs, epoch) =>
    epochs.reduce((best, each, place) => (Math.abs(each - epoch) < Math.abs(epochs[best] - epoch) ? place : best), 0);

  window.darkroom = Object.assign(window.darkroom || {}, {epochAt});
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    sayEpoch(epoch, shown, source) {
      if (!source || !Number.isInteger(epoch)) return '';
      const whole = `${epoch} of ${source.last}`;
      if (!shown) return whole;
      const near = shown.epochs[epochAt(shown.epochs, epoch)];
      return near === epoch ? whole : `${whole}; slice: epoch ${near}, the nearest it has`;
    },
  });
})();
