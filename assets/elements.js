// How scripts make what they draw of plain elements.
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

  Object.assign(darkroom, {make, svg});
})();
