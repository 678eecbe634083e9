// The panels of a deck are laid out by Dash at once, but each comes to the page only when it is looked at.
(() => {
  const FRAMES = 120;  // two seconds

  // The element with this id, once it is there; null if it does not come.
  const element = async (id) => {
    for (let frame = 0; frame < FRAMES; frame += 1) {
      const found = document.getElementById(id);
      if (found) return found;
      await new Promise((resume) => requestAnimationFrame(resume));
    }
    return null;
  };

  window.darkroom = window.darkroom || {};
  window.darkroom.element = element;
})();
