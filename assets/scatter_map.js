// Brings a map of the page together: fetches what it is drawn from, says what it shows, tells the other views of it.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});
  const CERTAINTIES = ['confidence', 'entropy', 'margin'];


  const setProps = (id, props) => window.dash_clientside.set_props(id, props);

  const fetchPlaces = ({map, preview}) =>
    (preview ? darkroom.fetchArray(`/preview/${map}.npy`, {cache: 'no-store'}) : darkroom.array(map, 'places'));

  // What points are coloured by, where that is a number an image: one of the predictions, or one of `source.measures`.
  const numbersOf = (source, colour) => {
    const measure = source.measures?.[colour];
    if (measure) return darkroom.array(measure.key, measure.array);
    return CERTAINTIES.includes(colour) ? darkroom.array(source.predictions, colour) : null;
  };

  // One map of the page: `place` begins the ids of all that belongs to it, as in `dashboard/components/map_place.py`.
  class MapPlace {
    // `title`: its panel's line while there is no map. `onDrawn` is told what is drawn, or null; `onHidden` which classes are
    // hidden, {grouping, hidden}, or null for none, whenever that changes.
    constructor(place, title, {onDrawn = () => {}, onHidden = () => {}, ...more} = {}) {
      Object.assign(this, {place, title, onDrawn, onHidden, more, scatter: null, drawn: 0, coloured: {}, hidden: 'null', known: null});
      this.repeat = darkroom.repeater(`${place}-again`);
    }

    scatterOn(host) {
      if (!this.scatter || this.scatter.host !== host) {
        const {place} = this;
        this.scatter?.destroy();
        this.known = null;
        this.scatter = new darkroom.Scatter(host, document.getElementById(`${place}-legend`), {
          onPick: (picked) => (picked ? setProps(`${place}-picked`, {data: picked}) : setProps('selection', {data: null})),
          onFocus: (id) => setProps('focus', {data: id}),
          onShown: () => {
            setProps(`${place}-panel-subtitle`, {children: this.line()});
            this.tellHidden();
          },
          onPlane: () => setProps(`${place}-dims`, {value: '2'}),
          ...this.more,
        });
        // For the page's tests, and for whoever opens the console.
        darkroom.maps[place] = this.scatter;
      }
      return this.scatter;
    }

    // The panel's line: how the map was made, and how many points there are. What is hidden is said first, and what is not
    // drawn point by point.
    line() {
      const {source, span: [first, end], hidden, drawing} = this.scatter;
      const images = `${(end - first).toLocaleString('en')} ${source.n_train ? `${source.split} ` : ''}images`;
      const drawn = drawing?.words?.(images);
      const isHidden = hidden.size && `${this.scatter.hiddenCount().toLocaleString('en')} of ${images} hidden`;
      return [isHidden, drawn, source.words, !isHidden && !drawn && images].filter(Boolean).join(' \u00b7 ');
    }

    tellHidden() {
      const {scatter: {grouping, hidden}} = this;
      const told = JSON.stringify(hidden.size ? {grouping, hidden: [...hidden].sort((a, b) => a - b)} : null);
      if (told === this.hidden) return;
      this.hidden = told;
      this.onHidden(JSON.parse(told));
    }

    // By how they are coloured and of what, as one of a million images takes a while.
    colouring(name, source) {
      const known = [name, source.images, source.predictions, source.measures?.[name]?.key].join();
      if (this.coloured.known !== known) this.coloured = {known, colouring: darkroom.scatterColouring(name, source)};
      return this.coloured.colouring;
    }

    // Tells the map what to show; `extras` as `Scatter.decorate` has them. Returns [how often it was told, the panel's line].
    async draw(source, selected, split, focus, colour, extras) {
      const keep = window.dash_clientside.no_update;
      const turn = (this.drawn += 1);
      this.repeat.stop();
      const host = document.getElementById(this.place);
      if (!source) {
        this.scatterOn(host).clear();
        this.onDrawn(null);
        return [keep, this.title];
      }
      const fetched = await Promise.all([
        fetchPlaces(source),
        source.labels ? darkroom.array(source.images, 'labels') : null,
        darkroom.array(source.predictions, 'predicted'),
        darkroom.array(source.predictions, 'confidence'),
        numbersOf(source, colour),
        selected?.images === source.images ? darkroom.selectedBits(selected) : null,  // else it means nothing here
        extras,
      ]).catch(() => null);
      if (turn !== this.drawn || !host.isConnected) return [keep, keep];  // a newer call is under way
      if (!fetched && source.preview) return [keep, keep];  // it has just been finished
      if (!fetched) {
        this.repeat.later(this.drawn);
        return [keep, 'Could not be fetched; asked for again'];
      }
      this.repeat.done();
      const [places, labels, predicted, confidence, certainty, bits, around] = fetched;
      const selection = bits === null ? null : {id: selected.id, bits};
      // Where nothing is kept for training, all is test.
      const shown = split === 'train' && source.n_train ? [0, source.n_train] : [source.n_train, source.count];
      const whole = {...source, split, places, labels, predicted, confidence, certainty, classNames: source.class_names};
      const target = this.scatterOn(host);
      target.decorate(around ?? null);
      target.show(whole, shown, selection, focus ?? null, this.colouring(colour, whole));
      this.onDrawn(source.preview ? null : whole);
      if (this.known !== source.map && !source.preview) window.dispatchEvent(new Event('darkroom-drawn'));
      this.known = source.preview ? null : source.map;
      this.tellHidden();
      return [turn, this.line()];
    }
  }

  // For the views that order by distance in the Teacher view's map: the last one that was finished and is drawn, or null.
  const tellPlaces = (source) => {
    if ((darkroom.mapPlaces?.key ?? null) === (source?.map ?? null)) return;
    darkroom.mapPlaces = source && {key: source.map, places: source.places, dims: source.dims};
    window.dispatchEvent(new CustomEvent('darkroom-map'));
  };

  const teacher = new MapPlace('scatter', 'Images by what the teacher makes of them', {onDrawn: tellPlaces});

  Object.assign(darkroom, {MapPlace, maps: {}});
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.darkroom = Object.assign(window.dash_clientside.darkroom || {}, {
    drawScatter: (source, selected, split, focus, colour) => teacher.draw(source, selected, split, focus, colour),
  });
})();
