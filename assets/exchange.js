// A file that is larger than the page reads (`dashboard/components/reading.py`) is not read at all: its size is known here only.
(() => {
  const check = (event, files) => {
    const upload = event.target.closest?.('.exchange-file');
    if (!upload) return;
    const holder = upload.closest('[id]');  // the component: the class may stand on what is within it
    const {max_size: most} = window.dash_component_api.getLayout(holder.id).props;
    const large = Array.from(files ?? []).find(({size}) => size > most);
    if (!large) return;
    const sizes = [large.size, most].map((size) => `${(size / 1e6).toFixed(1)} MB`);
    window.dash_clientside.set_props(holder.parentElement.querySelector('.exchange-words').id, {
      children: `${large.name} has ${sizes[0]}; up to ${sizes[1]} are read. Nothing is read of it.`,
    });
  };
  document.addEventListener('change', (event) => check(event, event.target.files), true);
  document.addEventListener('drop', (event) => check(event, event.dataTransfer?.files), true);
})();
