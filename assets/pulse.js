// Dash leaves `running` on when a request gets no answer at all (the page's own process was killed, the network went):
// the pulse, which pauses while its request is under way, would then stay paused for ever.
(() => {
  const PATIENCE = 10;  // seconds; a store that hangs makes a beat take three
  let paused = 0;
  setInterval(() => {
    if (!document.querySelector('.shell')) return;  // Dash cannot be asked before it has laid out the page
    const pulse = window.dash_component_api.getLayout('pulse')?.props;
    paused = pulse?.disabled ? paused + 1 : 0;
    if (paused < PATIENCE) return;
    paused = 0;
    window.dash_clientside.set_props('pulse', {disabled: false});
  }, 1000);
})();
