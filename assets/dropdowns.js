// dash-mantine-components asks Dash to look, at every change of anything on the page, for changes inside each menu and
// popover, open or not: Dash goes through all that ever changed, which was over a third of the work of laying out a view.
// Ours hold what never changes, or stay mounted (`keepMounted`), so that what is in them hears of its own changes.
(() => {
  for (const component of Object.values(window.dash_mantine_components)) delete component?.dashChildrenUpdate;
})();
