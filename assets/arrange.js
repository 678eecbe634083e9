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

  // The bits of numbers, turned so that they order as the numbers do: [the lower 32 of each, the higher].
  const bitsOf = (numbers, isDescending) => {
    const words = new Uint32Array(numbers.buffer);
    const [low, high] = [new Uint32Array(numbers.length), new Uint32Array(numbers.length)];
    for (let place = 0; place < numbers.length; place += 1) {
      const isNegative = words[2 * place + 1] >>> 31 === 1;
      const turned = isNegative === isDescending ? 0 : 0xffffffff;
      low[place] = words[2 * place] ^ turned;
      high[place] = words[2 * place + 1] ^ turned ^ (isNegative ? 0 : 0x80000000);
    }
    return [low, high];
  };

  // The places of the words in order of 16 of their bits, those of equal bits as they stood.
  const sortedBy = (words, shift, order) => {
    const starts = new Uint32Array(0x10001);
    const count = order.length;
    for (let place = 0; place < count; place += 1) starts[((words[place] >>> shift) & 0xffff) + 1] += 1;
    if (starts[((words[0] >>> shift) & 0xffff) + 1] === count) return order;  // all are equal
    for (let number = 1; number <= 0x10000; number += 1) starts[number] += starts[number - 1];
    const next = new Uint32Array(count);
    for (let rank = 0; rank < count; rank += 1) {
      const place = order[rank];
      const bits = (words[place] >>> shift) & 0xffff;
      next[starts[bits]] = place;
      starts[bits] += 1;
    }
    return next;
  };

  // Sixteen bits after the other, the lowest first (radix sort): to compare a million in pairs would take seconds.
  const sorted = (ids, values, isDescending) => {
    const numbers = new Float64Array(ids.length);
    for (let place = 0; place < ids.length; place += 1) numbers[place] = values[ids[place]] + 0;  // no -0
    const [low, high] = bitsOf(numbers, isDescending);
    let order = Uint32Array.from(ids.keys());
    for (const [words, shift] of [[low, 0], [low, 16], [high, 0], [high, 16]]) order = sortedBy(words, shift, order);
    return order.map((place) => ids[place]);
  };

  // `ids` ascend. `values` has a number for each image of the set, or is null: then they stand by id. So do those of equal
  // numbers.
  const ordered = (ids, values, isDescending) => {
    if (values) return sorted(ids, values, isDescending);
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
