// Sets of numbers as bits, the lowest number in the lowest bit of the first byte: as bytes, and as the base64 that travels.
(() => {
  const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

  const textOf = (bytes) => {
    let text = '';
    for (let start = 0; start < bytes.length; start += 8192) {
      text += String.fromCharCode(...bytes.subarray(start, start + 8192));
    }
    return btoa(text);
  };

  const noneOf = (count) => new Uint8Array(Math.ceil(count / 8));
  const has = (bytes, id) => (bytes[id >> 3] >> (id & 7)) & 1;
  const put = (bytes, id) => { bytes[id >> 3] |= 1 << (id & 7); };
  const drop = (bytes, id) => { bytes[id >> 3] &= ~(1 << (id & 7)); };

  window.darkroom = window.darkroom || {};
  window.darkroom.bits = {bytesOf, textOf, noneOf, has, put, drop};
})();
