// A file of ids that is larger than the page reads is not read at all: its size is known here only.
(() => {
  const check = (event, files) => {
    if (!event.target.closest?.('#exchange-file')) return;
    const {max_size: most} = window.dash_component_api.getLayout('exchange-file').props;
    const large = Array.from(files ?? []).find(({size}) => size > most);
    if (!large) return;
    const sizes = [large.size, most].map((size) => `${(size / 1e6).toFixed(1)} MB`);
    window.dash_clientside.set_props('exchange-words', {
      children: `${large.name} has ${sizes[0]}; up to ${sizes[1]} are read. Nothing is selected.`,
    });
  };
  document.addEventListener('change', (event) => check(event, event.target.files), true);
  document.addEventListener('drop', (event) => check(event, event.dataTransfer?.files), true);
})();
