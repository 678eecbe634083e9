// How scripts make what they draw of plain elements, and the library that lays out some of it.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  // An element of a class with a text, at the end of `parent` if there is one.
  const make = (tag, className, parent, text = '') => {
    const made = Object.assign(document.createElement(tag), {className, textContent: text});
    parent?.append(made);
    return made;
  };

  // An element of a drawing with its attributes, and a text.
  const svg = (tag, attributes, parent, text = '') => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
    if (text) made.textContent = text;
    parent?.append(made);
    return made;
  };

  let loading = null;

  // D3 comes when something that it lays out is first looked at.
  const d3 = () => {
    loading = loading ?? new Promise((resolve, reject) => {
      const script = Object.assign(document.createElement('script'), {src: '/d3.js'});
      script.addEventListener('load', () => resolve(window.d3));
      script.addEventListener('error', () => {
        loading = null;
        reject(new Error('d3'));
      });
      document.head.append(script);
    });
    return loading;
  };

  Object.assign(darkroom, {d3, make, svg});
})();
