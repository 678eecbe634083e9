// The students of a selection: for each pair of true and predicted class the mean image, the mean weights and the mean of what the
// pixels add, on one scale; a click selects the images.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const {make} = darkroom;
  const MOST_PAIRS = 60;

  const percent = (share) => `${(100 * share).toFixed(0)}%`;

  const draw = async (host, shown) => {
    const names = ['pairs', 'counts', 'mean_weights', 'mean_contributions', 'mean_images', 'numbers', 'predicted', 'agreement', 'majority'];
    const arrays = await Promise.all([...names.map((name) => darkroom.array(shown.key, name)), darkroom.array(shown.images, 'labels')]);
    const told = Object.fromEntries([...names, 'labels'].map((name, number) => [name, arrays[number]]));
    const [count, ...shape] = told.mean_weights.shape, size = shape.reduce((product, side) => product * side, 1);
    const part = (name, number) => told[name].subarray(number * size, (number + 1) * size);
    const maps = (name) => Array.from({length: count}, (_, number) => darkroom.signed.summed(part(name, number), shape));
    const weights = maps('mean_weights'), contributions = maps('mean_contributions');
    const scale = (all) => Math.max(...all.map(darkroom.signed.reach));
    const scales = [scale(weights), scale(contributions)];
    host.replaceChildren();
    for (let number = 0; number < Math.min(count, MOST_PAIRS); number += 1) {
      const [truth, taken] = [told.pairs[2 * number], told.pairs[2 * number + 1]];
      const rows = Array.from(told.numbers.keys()).filter((row) => told.labels[told.numbers[row]] === truth && told.predicted[row] === taken);
      const mean = (name) => rows.reduce((sum, row) => sum + told[name][row], 0) / rows.length;
      const card = make('button', 'students-pair', host);
      card.type = 'button';
      const head = make('span', 'students-head', card);
      make('b', '', head, truth === taken ? `${shown.names[truth]}, right` : `${shown.names[truth]} → ${shown.names[taken]}`);
      make('span', '', head, `${told.counts[number].toLocaleString('en')} image${told.counts[number] > 1 ? 's' : ''}`);
      const pictures = make('span', 'students-pictures', card);
      const image = make('canvas', '', pictures);
      darkroom.paintPixels(image, Uint8Array.from(part('mean_images', number), (value) => 255 * value), shape);
      [weights, contributions].forEach((all, which) => {
        const canvas = make('canvas', 'students-map', pictures);
        darkroom.signed.paint(canvas, all[number], shape, scales[which]);
        canvas.title = which ? 'mean of weight × image' : 'mean weights';
      });
      make('span', 'students-worth', card, `students agree on ${percent(mean('agreement'))}; commonest label ${percent(mean('majority'))}`);
      card.addEventListener('click', () => {
        window.dash_clientside.set_props('students-picked', {data: {true: truth, predicted: taken, at: Date.now()}});
      });
    }
    if (count > MOST_PAIRS) make('div', 'student-more', host, `The first ${MOST_PAIRS} of ${count} pairs, errors first.`);
    host.dataset.key = shown.key;
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    async drawStudents(shown, deck) {
      const keep = window.dash_clientside.no_update;
      const host = deck === 'students-panel' ? await darkroom.element('students') : null;
      if (!host) return keep;
      host.hidden = !shown;
      document.getElementById('students-words').style.display = shown ? 'none' : '';
      if (shown) await draw(host, shown).catch(() => { host.hidden = true; });
      return keep;
    },
  });
})();
