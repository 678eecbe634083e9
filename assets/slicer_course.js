// Figures over the epochs. Each says where those of the other epochs are; they are fetched before they are asked for, so that a
// step of the slider draws what is there already.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  // The server says how many figures come at once: all of a small slice, one of a large one (`dashboard/slicer/course.py`). Those
  // of the slider's epoch and the ones beside it are fetched; of all panels the last blocks are held, others the browser caches.
  const MOST_BLOCKS = 16;
  const AGAIN = 2000;  // ms, after an answer that did not come

  const blocks = new Map();  // address -> promise of figures, the last looked at at the end

  const block = ({address}, number) => {
    const whole = `${address}&block=${number}`;
    const held = blocks.get(whole) ?? fetch(whole).then((response) => {
      if (!response.ok) throw new Error(`${whole}: ${response.status}`);
      return response.json();
    });
    blocks.delete(whole);
    blocks.set(whole, held);
    held.catch(() => blocks.delete(whole));  // asked for again next time
    if (blocks.size > MOST_BLOCKS) blocks.delete(blocks.keys().next().value);
    return held;
  };

  // Fetches what is looked at next; gives what is looked at now.
  const around = (course, at) => {
    const now = Math.floor(at / course.block), last = Math.floor((course.epochs.length - 1) / course.block);
    [now - 1, now + 1].filter((number) => number >= 0 && number <= last).forEach((number) => block(course, number).catch(() => null));
    return block(course, now).catch(() => null);
  };

  // All components of the page hear of what is set: only of what changes.
  const say = (id, children) => {
    const said = window.dash_component_api.getLayout(id)?.props.children;
    if (JSON.stringify(said) !== JSON.stringify(children)) window.dash_clientside.set_props(id, {children});
  };

  // Draws a graph at the epoch that is `wanted`, a function, if it is of an other.
  const followCourse = async (plot, wanted) => {
    const {meta} = plot.layout;
    if (!meta?.course) return;
    const {course} = meta, place = () => darkroom.epochAt(course.epochs, wanted()), at = place();
    const told = await around(course, at);
    if (at === meta.at || plot.layout.meta !== meta || place() !== at) return;  // it is there, or another is under way
    if (!told) {
      setTimeout(() => followCourse(plot, wanted), AGAIN);
      return;
    }
    const {figure: {data, layout}, words = {}} = structuredClone(told[at % course.block]);  // Plotly writes into what it draws
    Object.entries(words).forEach(([id, children]) => say(id, children));
    await window.Plotly.react(plot, data, {...layout, meta: {course, at}}, plot._context);
  };

  Object.assign(darkroom, {followCourse});
})();
