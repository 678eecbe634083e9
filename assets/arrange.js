// The order in which images are shown, and the groups that they stand in.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  // How far each of `ids` is from one image, on a map of `dims` numbers an image; squared, which orders them alike.
  const distances = ({places, dims}, anchor, ids) => {
    const far = new Float64Array(places.length / dims);
    for (const id of ids) {
      for (let axis = 0; axis < dims; axis += 1) far[id] += (places[dims * id + axis] - places[dims * anchor + axis]) ** 2;
    }
    return far;
  };

  // `values` has a number for each image of the set, or is null: then they stand by id. So do those of equal numbers.
  const ordered = (ids, values, isDescending) => {
    const sign = isDescending ? -1 : 1;
    if (values) return Uint32Array.from(ids).sort((a, b) => sign * (values[a] - values[b]) || a - b);
    return isDescending ? Uint32Array.from(ids).reverse() : Uint32Array.from(ids);
  };

  // Of each group a number, from 0, and the names of the groups by their numbers.
  const GROUPS = {
    true: ({labels}, names) => [(id) => labels[id], names],
    predicted: ({predicted}, names) => [(id) => predicted[id], names],
    right: (said) => [(id) => (darkroom.isWrong(said, id) ? 0 : 1), ['Wrong', 'Right']],
  };

  // The ids group by group, each in the order that they have; and the groups, but for empty ones.
  const grouped = (ids, group, said, classNames) => {
    if (!GROUPS[group]) return {ids, sections: ids.length ? [{count: ids.length}] : []};
    const [numberOf, names] = GROUPS[group](said, classNames);
    const counts = new Uint32Array(names.length);
    for (const id of ids) counts[numberOf(id)] += 1;
    const next = new Uint32Array(names.length);  // where the next of each group goes
    for (let number = 1; number < names.length; number += 1) next[number] = next[number - 1] + counts[number - 1];
    const arranged = new Uint32Array(ids.length);
    for (const id of ids) {
      const number = numberOf(id);
      arranged[next[number]] = id;
      next[number] += 1;
    }
    const sections = names.map((name, number) => ({name, count: counts[number]})).filter(({count}) => count);
    return {ids: arranged, sections};
  };

  darkroom.arrange = {distances, ordered, grouped};
})();
