// Brings the bridge together with the page: what it is told, what it tells, what of it is taken along.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const TRIES = 40;  // frames in which a tab that comes to the front is laid out

  const setProps = (id, data) => window.dash_clientside.set_props(id, {data});
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));

  let bridge = null;
  let drawn = 0;

  const bridgeOn = (host) => {
    if (!bridge || bridge.host !== host) {
      bridge?.destroy();
      bridge = new darkroom.Bridge(host, {
        onFocus: (id) => setProps('focus', id),
        onAsk: (image) => setProps('bridge-asked', {image}),
      });
      // For the page's tests, and for whoever opens the console.
      darkroom.bridge = bridge;
    }
    return bridge;
  };

  const save = (blob, name) => {
    const link = Object.assign(document.createElement('a'), {href: URL.createObjectURL(blob), download: name});
    link.click();
    URL.revokeObjectURL(link.href);
  };

  document.addEventListener('click', ({target}) => {
    if (target.closest('#bridge-clear')) setProps('darksight-outline', null);
    if (!bridge?.source || !bridge.host.isConnected) return;
    if (target.closest('#bridge-svg')) save(new Blob([bridge.svg()], {type: 'image/svg+xml'}), 'bridge.svg');
    if (target.closest('#bridge-png')) bridge.canvas.toBlob((blob) => save(blob, 'bridge.png'));
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // Returns how often it was told.
    async drawBridge(source, images, focus, found, lookedAt) {
      const turn = (drawn += 1);
      for (let tries = 0; lookedAt === 'bridge-panel' && tries < TRIES && !document.getElementById('bridge'); tries += 1) await frame();
      const host = document.getElementById('bridge');
      if (turn !== drawn || !host) return window.dash_clientside.no_update;
      bridgeOn(host).show(source ?? null, images ?? null, focus ?? null, found);
      return turn;
    },
  });
})();
