// How scripts make what they draw of plain elements.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  // An element of a class with a text, at the end of `parent` if there is one.
  const make = (tag, className, parent, text = '') => {
    const made = Object.assign(document.createElement(tag), {className, textContent: text});
    parent?.append(made);
    return made;
  };

  Object.assign(darkroom, {make});
})();
