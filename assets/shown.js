// Which images are shown, as a set of bits, and what is said of each.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const {bytesOf, textOf, noneOf, put} = darkroom.bits;

  // The ids in a selection's bitset.
  const idsOf = (bits) => {
    const bytes = bytesOf(bits);
    const ids = new Uint32Array(8 * bytes.length);
    let count = 0;
    bytes.forEach((byte, index) => {
      for (let bit = 0; byte >> bit; bit += 1) {
        if ((byte >> bit) & 1) {
          ids[count] = 8 * index + bit;
          count += 1;
        }
      }
    });
    return ids.slice(0, count);
  };

  // The bitset of some of `count` images.
  const bitsOf = (ids, count) => {
    const bytes = noneOf(count);
    for (const id of ids) put(bytes, id);
    return textOf(bytes);
  };

  const range = (start, end) => {
    const ids = new Uint32Array(end - start);
    for (let offset = 0; offset < ids.length; offset += 1) ids[offset] = start + offset;
    return ids;
  };

  let shown = {};  // what was asked for last: a step from image to image lists no million anew

  // The selection, unless it was made in another image set, and the ids of its images; else those of the split. Where
  // nothing is kept for training, all is test. Fails where a large selection cannot be fetched.
  const shownOf = async (source, selected, split) => {
    const selection = selected?.images === source.images ? selected : null;
    const name = [source.images, selection ? selection.id : split].join();
    if (name !== shown.name) {
      const ids = selection ? selection.ids ?? idsOf(await darkroom.selectedBits(selection))
        : split === 'train' && source.n_train ? range(0, source.n_train) : range(source.n_train, source.count);
      shown = {name, ids};
    }
    return {selection, ids: shown.ids};
  };

  // Arrays of all images by name; null for what is not known. Fails where they cannot be fetched.
  const saidOf = async (source) => {
    const [labels, predicted, ...measures] = await Promise.all([
      source.labels ? darkroom.array(source.images, 'labels') : null,
      source.predictions ? darkroom.array(source.predictions, 'predicted') : null,
      ...source.measures.map((name) => darkroom.array(source.predictions, name)),
    ]);
    const told = Object.fromEntries(source.measures.map((name, number) => [name, measures[number]]));
    return {labels, predicted, confidence: null, entropy: null, margin: null, ...told};
  };

  const isWrong = ({labels, predicted}, id) => labels[id] !== predicted[id];

  Object.assign(darkroom, {bitsOf, shownOf, saidOf, isWrong});
})();
