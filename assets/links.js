// Browser side of what links the views: the URL and the tab's name; and what all of them fetch.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const arrays = new Map();  // address -> promise of a typed array; results never change

  const TYPES = {
    '|u1': Uint8Array, '<u2': Uint16Array, '<i4': Int32Array, '<u4': Uint32Array, '<f4': Float32Array, '<f8': Float64Array,
    '<i8': BigInt64Array,
  };

  // A .npy file, version 1: magic (6 bytes), version (2), header length (2), header, data. Its numbers have their `shape`.
  const readNpy = (buffer) => {
    const headerLength = new DataView(buffer).getUint16(8, true);
    const header = new TextDecoder('latin1').decode(new Uint8Array(buffer, 10, headerLength));
    const type = TYPES[header.match(/'descr': '([^']+)'/)[1]];
    const shape = header.match(/'shape': \(([^)]*)\)/)[1].split(',').filter((side) => side.trim()).map(Number);
    const values = new type(buffer.slice(10 + headerLength));
    return Object.assign(type === BigInt64Array ? Int32Array.from(values, Number) : values, {shape});
  };

  const fetchArray = async (address, options) => {
    const response = await fetch(address, options);
    if (response.status !== 200) throw new Error(`${address}: ${response.status}`);  // 204: a preview that is over
    return readNpy(await response.arrayBuffer());
  };

  const array = (key, name) => {
    const address = `/array/${key}/${name}.npy`;
    if (!arrays.has(address)) {
      const fetched = fetchArray(address);
      fetched.catch(() => arrays.delete(address));  // asked for again next time
      arrays.set(address, fetched);
    }
    return arrays.get(address);
  };

  // What is selected, in base64: small sets have it with them, that of a large one is fetched once.
  const MOST_SELECTIONS = 8;
  const selections = new Map();  // id -> promise of the text

  const selectedBits = ({id, bits}) => {
    if (bits !== undefined) return bits;
    if (!selections.has(id)) {
      const fetched = fetch(`/selection/${id}.bits`).then((response) => {
        if (!response.ok) throw new Error(`selection ${id}: ${response.status}`);
        return response.text();
      });
      fetched.catch(() => selections.delete(id));  // asked for again next time
      selections.set(id, fetched);
      if (selections.size > MOST_SELECTIONS) selections.delete(selections.keys().next().value);
    }
    return selections.get(id);
  };

  // The store or the page's server may be away: drawn again, by a change of `store`, after 1, 2, 4, then every 8 seconds.
  const repeater = (store) => {
    let failures = 0;  // one after the other
    let timer = null;
    return {
      later(drawn) {
        const wait = 1000 * 2 ** Math.min(failures, 3);
        failures += 1;
        timer = setTimeout(() => window.dash_clientside.set_props(store, {data: drawn}), wait);
      },
      stop: () => clearTimeout(timer),
      done() { failures = 0; },
    };
  };

  Object.assign(darkroom, {array, fetchArray, selectedBits, repeater});  // for the other views

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // The address bar follows the stores; nothing is loaded anew.
    writeUrl(study, selection, focus, pinned, views, student) {
      if (!study) return window.dash_clientside.no_update;
      const parts = [`study=${study.id}`];
      if (views.join() !== 'teacher') parts.push(`views=${views.join()}`);
      if (selection) parts.push(`selection=${selection.id}`);
      if (Number.isInteger(focus)) parts.push(`focus=${focus}`);
      if (Number.isInteger(pinned)) parts.push(`pin=${pinned}`);
      if (student) parts.push(`student=${encodeURIComponent(student)}`);
      history.replaceState(history.state, '', `${location.pathname}?${parts.join('&')}`);
      return window.dash_clientside.no_update;
    },

    nameTab(_, name) {
      if (name) return window.dash_clientside.no_update;
      return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('');
    },

    followSplit(selection, split, study) {
      const wanted = selection?.images === study?.keys?.images ? selection?.split : null;
      if (wanted && split && wanted !== split) window.dash_clientside.set_props('matrix-split', {value: wanted});
    },
  });
})();
