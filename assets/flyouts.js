// What opens under an icon of a panel: how it is read, what can be taken along. They are the browser's own popovers, which a
// click elsewhere or Esc closes.
(() => {
  const GAP = 4;  // px between the icon and what it opens
  const EDGE = 8;  // px to the edge of the window
  const WIDTH = 400;

  const itemsOf = (menu) => [...menu.children].filter((item) => item.checkVisibility());

  // Dash knows no name for what makes a popover of an element. The browser looks for it after this.
  document.addEventListener('click', ({target}) => {
    const button = target.closest('.opens-flyout');
    if (button) {
      Object.assign(button.nextElementSibling, {popover: 'auto', tabIndex: -1});
      button.popoverTargetElement = button.nextElementSibling;
    }
    target.closest('.flyout-menu > button')?.parentElement.hidePopover();
  }, {capture: true});

  // Under the icon, or over it where there is more room, its right edge below the icon's.
  document.addEventListener('beforetoggle', ({target, newState}) => {
    if (newState !== 'open' || !target.matches('.flyout')) return;
    const {top, right, bottom} = target.previousElementSibling.getBoundingClientRect();
    const {innerWidth: width, innerHeight: height} = window;
    const isLow = top > height - bottom;
    Object.assign(target.style, {
      right: `${Math.max(EDGE, width - Math.max(right, WIDTH + EDGE))}px`,
      top: isLow ? 'auto' : `${bottom + GAP}px`,
      bottom: isLow ? `${height - top + GAP}px` : 'auto',
      maxHeight: `${(isLow ? top : height - bottom) - GAP - EDGE}px`,
    });
  }, {capture: true});

  document.addEventListener('toggle', ({target, newState}) => {
    if (newState === 'open' && target.matches('.flyout')) (target.matches('.flyout-menu') ? itemsOf(target)[0] : target)?.focus();
  }, {capture: true});

  document.addEventListener('keydown', (event) => {
    const menu = event.target.closest('.flyout-menu');
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (!menu || !step) return;
    event.preventDefault();
    const items = itemsOf(menu);
    items.at((items.indexOf(event.target) + step) % items.length).focus();
  });
})();
