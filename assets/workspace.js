// Which views are shown: chosen in the navigation, laid out by the server.
(() => {
  const MOST = 3;  // side by side

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // A click on a view's name shows it alone; on the sign beside it, next to the others, or no longer.
    navigate(...inputs) {
      const shown = inputs.at(-1);
      const pressed = window.dash_clientside.callback_context.triggered[0];
      if (!pressed?.value) return window.dash_clientside.no_update;
      const [, view, isBeside] = pressed.prop_id.match(/^nav-(.+?)(-beside)?\.n_clicks$/);
      if (!isBeside) return shown.join() === view ? window.dash_clientside.no_update : [view];
      if (!shown.includes(view)) return [...shown, view].slice(-MOST);
      return shown.length > 1 ? shown.filter((other) => other !== view) : window.dash_clientside.no_update;
    },

    markNavigation(shown) {
      const {outputs_list: outputs} = window.dash_clientside.callback_context;
      const views = outputs.map(({id}) => id.replace(/^nav-|-item$/g, ''));
      return views.map((view) => `nav-item${shown.includes(view) ? ' nav-shown' : ''}${shown.length > 1 ? ' nav-several' : ''}`);
    },
  });
})();
