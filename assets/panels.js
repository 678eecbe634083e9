// What every panel and the keyboard do without asking the server: full screen, pictures to take along, shortcuts.
(() => {
  const KEY_PX = 240;  // for the key to a picture

  // A drawing of our own, with what the page's style sheet would say.
  const save = (drawing, name, colour) => {
    const copy = drawing.cloneNode(true);
    copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
    copy.setAttribute('style', `color: ${colour}; font-family: sans-serif; background: ${getComputedStyle(drawing.closest('.panel')).backgroundColor}`);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([copy.outerHTML], {type: 'image/svg+xml'}));
    link.download = `${name}.svg`;
    link.click();
    URL.revokeObjectURL(link.href);
  };

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
      const colour = getComputedStyle(document.body).color;
      const drawing = document.querySelector(`#${name} > svg`);
      if (drawing) save(drawing, name, colour);
      if (!plot || !plot.data) return;
      // The page colours text by style sheet; a picture has to carry its colours itself, and its key where the page has that
      // beside the plot.
      const hasKey = Boolean(plot.layout.meta?.legend);
      const layout = {...plot.layout, showlegend: hasKey || plot.layout.showlegend, font: {...plot.layout.font, color: colour, family: 'sans-serif'},
        paper_bgcolor: getComputedStyle(document.querySelector('.panel')).backgroundColor};
      window.Plotly.downloadImage({data: [...plot.data, ...(plot.pointTraces?.() ?? [])], layout}, {
        format: 'svg', filename: name, width: plot.clientWidth + (hasKey ? KEY_PX : 0), height: plot.clientHeight,
      });
    }
  });

  const isField = (element) => element.matches('input, textarea, select, [contenteditable]');

  const darkroom = (window.darkroom = window.darkroom || {});
  // Switches and pickers are fields too, but nobody types in them.
  darkroom.isTyping = (element) => isField(element) && !element.matches('[type=radio], [type=checkbox], [readonly]');
  darkroom.isCovered = () => [...document.querySelectorAll('[role="dialog"]')].some((dialog) => dialog.checkVisibility());

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape' && !document.fullscreenElement) {
      if (isField(event.target)) event.target.blur();
      else if (!darkroom.isCovered()) document.getElementById('clear-selection')?.click();
    }
    if (darkroom.isTyping(event.target)) return;
    if (event.key === '/') {
      event.preventDefault();
      document.getElementById('focus-index')?.focus();
    }
    if (event.key === '?') document.getElementById('help-button')?.click();
  });
})();
