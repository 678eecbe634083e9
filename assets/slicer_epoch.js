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

  // A line over a chart, not in it: Plotly would lay the whole chart out anew for each step.
  const MARKED = ['slicer-given-predicted', 'slicer-given-label', 'slicer-curve', 'slicer-layers-graph'];
  let marked = null;

  const mark = (id) => {
    const plot = document.querySelector(`#${id} .js-plotly-plot`), axis = plot?._fullLayout?.xaxis;
    if (!axis || !plot.on) return;
    const isOfEpochs = axis.title?.text === 'epoch' && Number.isInteger(marked);
    let line = plot.querySelector('.slicer-mark');
    if (!line) {
      line = Object.assign(document.createElement('div'), {className: 'slicer-mark'});
      plot.append(line);
    }
    if (!plot.slicerMarked) {
      plot.slicerMarked = true;
      plot.on('plotly_afterplot', () => mark(id));
    }
    const x = axis._offset + axis.l2p(marked), {t, h} = plot._fullLayout._size;
    Object.assign(line.style, {display: isOfEpochs ? '' : 'none', transform: `translateX(${x}px)`, top: `${t}px`, height: `${h}px`});
    line.dataset.epoch = marked;
  };

  window.darkroom = Object.assign(window.darkroom || {}, {epochAt});
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // The mark of the epoch in charts over the epochs.
    markEpoch(epoch) {
      marked = epoch;
      MARKED.forEach(mark);
      return epoch;
    },
    sayEpoch(epoch, shown, source) {
      if (!source || !Number.isInteger(epoch)) return '';
      const whole = `${epoch} of ${source.last}`;
      if (!shown) return whole;
      const near = shown.epochs[epochAt(shown.epochs, epoch)];
      return near === epoch ? whole : `${whole}; slice: epoch ${near}, the nearest it has`;
    },
  });
})();
