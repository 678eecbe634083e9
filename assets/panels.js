// What every panel and the keyboard do without asking the server: full screen, pictures to take along, shortcuts.
(() => {
  document.addEventListener('click', (event) => {
    const full = event.target.closest('.panel-full');
    if (full) {
      const panel = full.closest('.panel');
      if (document.fullscreenElement) document.exitFullscreen();
      else panel.requestFullscreen();
      return;
    }
    const take = event.target.closest('.take-picture');
    if (take) {
      const name = take.id.replace('picture-', '');
      const plot = document.querySelector(`#${name} .js-plotly-plot`);
      if (!plot || !plot.data) return;
      const colour = getComputedStyle(document.body).color;
      // The page colours text by style sheet; a picture has to carry its colours itself.
      const layout = {...plot.layout, font: {...plot.layout.font, color: colour, family: 'sans-serif'},
        paper_bgcolor: getComputedStyle(document.querySelector('.panel')).backgroundColor};
      window.Plotly.downloadImage({data: plot.data, layout}, {
        format: 'svg', filename: name, width: plot.clientWidth, height: plot.clientHeight,
      });
    }
  });

  const isTyping = (element) => element.matches('input, textarea, select, [contenteditable]');

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && !document.fullscreenElement) {
      if (isTyping(event.target)) event.target.blur();
      else if (![...document.querySelectorAll('[role="dialog"]')].some((dialog) => dialog.checkVisibility())) document.getElementById('clear-selection')?.click();
    }
    if (isTyping(event.target)) return;
    if (event.key === '/') {
      event.preventDefault();
      document.getElementById('focus-index')?.focus();
    }
    if (event.key === '?') document.getElementById('help-button')?.click();
  });
})();
