// What is held down when something is clicked, or an outline begun, says what is to be done with it. The charts' own
// events do not tell.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  let modifier = null;

  const note = (event) => { modifier = event.shiftKey ? 'add' : event.altKey ? 'remove' : null; };
  document.addEventListener('pointerdown', note, {capture: true});
  document.addEventListener('keydown', (event) => (event.key === 'Enter' || event.key === ' ') && note(event), {capture: true});

  // "add" (Shift), "remove" (Alt) or null, as it was when the pointer, Enter or Space went down.
  darkroom.modifier = () => modifier;
})();
