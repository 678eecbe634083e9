// Brings the map together: fetches what it is drawn from, says what it shows, tells the other views of it.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const TITLE = 'Images by what the teacher makes of them';
  const CERTAINTIES = ['confidence', 'entropy', 'margin'];

  let scatter = null;
  let drawn = 0;
  const repeat = darkroom.repeater('scatter-again');

  const setProps = (id, props) => window.dash_clientside.set_props(id, props);

  const scatterOn = (host) => {
    if (!scatter || scatter.host !== host) {
      scatter?.destroy();
      scatter = new darkroom.Scatter(host, document.getElementById('scatter-legend'), {
        onPick: (picked) => (picked ? setProps('scatter-picked', {data: picked}) : setProps('selection', {data: null})),
        onFocus: (id) => setProps('focus', {data: id}),
        onShown: () => setProps('scatter-panel-subtitle', {children: lineOf(scatter)}),
        onPlane: () => setProps('scatter-dims', {value: '2'}),
      });
      // For the page's tests, and for whoever opens the console.
      darkroom.scatter = scatter;
    }
    return scatter;
  };

  // The panel's line: how the map was made, and how many points there are. What is hidden is said first, and what is not
  // drawn point by point.
  const lineOf = (map) => {
    const {source, span: [first, end], hidden} = map;
    const images = `${(end - first).toLocaleString('en')} ${source.n_train ? `${source.split} ` : ''}images`;
    const drawn = map.drawing?.words?.(images);
    const isHidden = hidden.size && `${map.hiddenCount().toLocaleString('en')} of ${images} hidden`;
    return [isHidden, drawn, source.words, !isHidden && !drawn && images].filter(Boolean).join(' \u00b7 ');
  };

  // By how they are coloured and of what, as one of a million images takes a while.
  let coloured = {};
  const colouringOf = (name, source) => {
    const known = [name, source.images, source.predictions].join();
    if (coloured.known !== known) coloured = {known, colouring: darkroom.scatterColouring(name, source)};
    return coloured.colouring;
  };

  // For the views that order by distance in the map: the last one that was finished and is drawn, or null.
  const tellPlaces = (source) => {
    if ((darkroom.mapPlaces?.key ?? null) === (source?.map ?? null)) return;
    darkroom.mapPlaces = source && {key: source.map, places: source.places, dims: source.dims};
    window.dispatchEvent(new CustomEvent('darkroom-map'));
  };

  const fetchPlaces = ({map, preview}) =>
    (preview ? darkroom.fetchArray(`/preview/${map}.npy`, {cache: 'no-store'}) : darkroom.array(map, 'places'));

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    // Tells the map what to show. Returns [how often it was told, the panel's line].
    async drawScatter(source, selected, split, focus, colour) {
      const keep = window.dash_clientside.no_update;
      const turn = (drawn += 1);
      repeat.stop();
      const host = document.getElementById('scatter');
      if (!source) {
        scatterOn(host).clear();
        tellPlaces(null);
        return [keep, TITLE];
      }
      const fetched = await Promise.all([
        fetchPlaces(source),
        source.labels ? darkroom.array(source.images, 'labels') : null,
        darkroom.array(source.predictions, 'predicted'),
        darkroom.array(source.predictions, 'confidence'),
        CERTAINTIES.includes(colour) ? darkroom.array(source.predictions, colour) : null,
        selected?.images === source.images ? darkroom.selectedBits(selected) : null,  // else it means nothing here
      ]).catch(() => null);
      if (turn !== drawn || !host.isConnected) return [keep, keep];  // a newer call is under way
      if (!fetched && source.preview) return [keep, keep];  // it has just been finished
      if (!fetched) {
        repeat.later(drawn);
        return [keep, 'Could not be fetched; asked for again'];
      }
      repeat.done();
      const [places, labels, predicted, confidence, certainty, bits] = fetched;
      const selection = bits === null ? null : {id: selected.id, bits};
      // Where nothing is kept for training, all is test.
      const shown = split === 'train' && source.n_train ? [0, source.n_train] : [source.n_train, source.count];
      const whole = {...source, split, places, labels, predicted, confidence, certainty, classNames: source.class_names};
      const target = scatterOn(host);
      target.show(whole, shown, selection, focus ?? null, colouringOf(colour, whole));
      tellPlaces(source.preview ? null : whole);
      return [turn, lineOf(target)];
    },
  });
})();
