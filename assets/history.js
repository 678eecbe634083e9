// Undo and redo of what this tab has shown: study, selection, focused and pinned image, views. Nothing of it leaves the browser.
(() => {
  const MOST = 100;  // states
  const WALK_MS = 1000;  // images focused in quicker succession are one walk, and one step

  const darkroom = (window.darkroom = window.darkroom || {});
  const studies = new Map();  // id -> study, as its store held it last
  let states = [];
  let at = -1;  // the state that is shown
  let walkedAt = -Infinity;
  let walked = [];  // states gone back or forward to, of which the stores have not told yet
  let listed = [];  // ids of the studies there are
  const pressed = {undo: 0, redo: 0};  // how often the buttons have been

  const stateOf = (study, selection, focus, pinned, views) => ({
    study: study.id, selection: selection ?? null, focus: focus ?? null, pinned: pinned ?? null, views,
  });
  const nameOf = ({study, selection, focus, pinned, views}, withFocus = true) =>
    JSON.stringify([study, selection?.id, withFocus && focus, pinned, views]);

  // The next state in a direction, 1 or -1, that differs from what is shown and whose study is still there; else `at`.
  const found = (direction) => {
    let place = at + direction;
    while (states[place] && (!listed.includes(states[place].study) || nameOf(states[place]) === nameOf(states[at]))) {
      place += direction;
    }
    return states[place] ? place : at;
  };

  const record = (state) => {
    const before = states[at];
    const echo = walked.indexOf(nameOf(state));
    walked = echo < 0 ? [] : walked.slice(echo + 1);
    if (echo >= 0 || (before && nameOf(state) === nameOf(before))) return;
    const now = Date.now();
    const walks = before !== undefined && nameOf(state, false) === nameOf(before, false);
    const goesOn = walks && now - walkedAt < WALK_MS;
    walkedAt = walks ? now : -Infinity;
    // What was ahead is dropped by what is new.
    states = [...states.slice(0, goesOn ? at : at + 1), state].slice(-MOST);
    at = states.length - 1;
  };

  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (darkroom.isTyping(event.target) || darkroom.isCovered()) return;
    const key = event.key.toLowerCase();
    const button = key === 'y' || (key === 'z' && event.shiftKey) ? 'redo' : key === 'z' ? 'undo' : null;
    if (!button) return;
    event.preventDefault();
    document.getElementById(button)?.click();
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // Notes what the stores say. Returns whether there is nothing to undo, and nothing to redo.
    remember(study, selection, focus, pinned, views, choices) {
      listed = choices.map(({value}) => value);
      if (study) {
        studies.set(study.id, study);
        record(stateOf(study, selection, focus, pinned, views));
      }
      return [found(-1) === at, found(1) === at];
    },

    // Returns study, selection, focus, pinned image and views of the state that the buttons lead to. Dash tells of quick presses once.
    step(undone, redone) {
      const keep = window.dash_clientside.no_update;
      const before = states[at];
      for (; pressed.undo < (undone || 0); pressed.undo += 1) at = found(-1);
      for (; pressed.redo < (redone || 0); pressed.redo += 1) at = found(1);
      const state = states[at];
      if (state === before) return [keep, keep, keep, keep, keep];
      walkedAt = -Infinity;
      walked.push(nameOf(state));
      return [
        state.study === before.study ? keep : studies.get(state.study),
        state.selection?.id === before.selection?.id ? keep : state.selection,
        state.focus === before.focus ? keep : state.focus,
        state.pinned === before.pinned ? keep : state.pinned,
        state.views.join() === before.views.join() ? keep : state.views,
      ];
    },
  });
})();
