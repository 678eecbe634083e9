// The epoch that all panels of the Slicer view look at: what it is of the slice that is shown, and what plays it.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
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

  // The charts over the epochs, and those of one epoch.
  const GRAPHS = [
    'slicer-matrix', 'slicer-given-predicted', 'slicer-given-label', 'slicer-curve', 'slicer-layers-graph', 'slicer-capacity-graph',
  ];
  let wanted = null;

  // A line over a chart, not in it: Plotly would lay the whole chart out anew for each step.
  const mark = (plot) => {
    const axis = plot._fullLayout?.xaxis, isOfEpochs = axis?.title?.text === 'epoch';
    let line = plot.querySelector('.slicer-mark');
    if (!line) {
      if (!isOfEpochs) return;
      line = Object.assign(document.createElement('div'), {className: 'slicer-mark'});
      plot.append(line);
    }
    line.style.display = isOfEpochs ? '' : 'none';
    if (!isOfEpochs) return;
    const {t, h} = plot._fullLayout._size;
    Object.assign(line.style, {transform: `translateX(${axis._offset + axis.l2p(wanted)}px)`, top: `${t}px`, height: `${h}px`});
    line.dataset.epoch = wanted;
  };

  const follow = (plot) => {
    if (!Number.isInteger(wanted)) return;
    mark(plot);
    darkroom.followCourse(plot, () => wanted);
  };

  const attended = new WeakSet(), awaited = new Set();

  // A graph, as soon as Plotly has drawn it; from then on whenever it is drawn, by whomever.
  const attend = async (id) => {
    if (awaited.has(id)) return;
    awaited.add(id);
    const plot = await darkroom.plot(id);
    awaited.delete(id);
    if (!plot) return;
    if (!attended.has(plot)) {
      attended.add(plot);
      plot.on('plotly_afterplot', () => follow(plot));
    }
    follow(plot);
  };

  Object.assign(darkroom, {epochAt});
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // All panels at the epoch of the slider, and what that is of the slice. The scripts hear of it from here: each callback of
    // theirs would have Dash tell all components of the page several times.
    followEpoch(epoch, shown, source) {
      const isStep = epoch !== wanted;
      wanted = epoch;
      GRAPHS.forEach(attend);
      if (isStep) window.dispatchEvent(new CustomEvent('darkroom-epoch', {detail: epoch}));
      if (!source || !Number.isInteger(epoch)) return '';
      const whole = `${epoch} of ${source.last}`;
      if (!shown) return whole;
      const near = shown.epochs[epochAt(shown.epochs, epoch)];
      return near === epoch ? whole : `${whole}; slice: epoch ${near}, the nearest it has`;
    },
  });
})();
