// Moments in the zone of whoever looks; the server tells them as <time datetime="…Z"> and leaves the words to the browser.
(() => {
  const format = (options) => new Intl.DateTimeFormat('en-GB', options);
  const DAY = format({day: 'numeric', month: 'short'});
  const MOMENT = new Intl.DateTimeFormat('sv-SE', {dateStyle: 'short', timeStyle: 'short'});  // 2023-11-14 22:13
  const WHOLE = format({dateStyle: 'medium', timeStyle: 'long'});  // with its zone

  const times = document.getElementsByTagName('time');

  const write = () => {
    for (const time of times) {
      if (time.dataset.written === time.dateTime) continue;
      const moment = new Date(time.dateTime);
      time.textContent = (time.className === 'day' ? DAY : MOMENT).format(moment);
      time.title = WHOLE.format(moment);
      time.dataset.written = time.dateTime;
    }
  };

  new MutationObserver(write)
    .observe(document.documentElement, {childList: true, subtree: true, attributeFilter: ['datetime']});
})();
