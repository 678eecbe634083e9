// The map in space: it turns, a click focuses. What is selected elsewhere stands out here: Plotly fades no single point in
// space, so what is not selected are traces of their own.
(() => {
  const darkroom = (window.darkroom = window.darkroom || {});

  const FADED = 0.1;
  const EYE = {x: 1.25, y: 1.25, z: 1};  // from where the whole map is seen
  const STILL = 4;  // px that a click may move
  const CONFIG = {displaylogo: false, scrollZoom: true, modeBarButtons: [['orbitRotation', 'tableRotation', 'resetCameraDefault3d']]};

  // A column-major matrix of four by four times a vector.
  const times = (matrix, vector) => [0, 1, 2, 3].map((row) =>
    vector.reduce((sum, value, column) => sum + matrix[4 * column + row] * value, 0));

  class Scatter3d extends darkroom.ScatterDrawing {
    draw(map) {
      map.choose();
      const isSelected = map.isSelected();
      const [right, wrong] = map.members;
      this.parts = [right, wrong].flatMap((ids) => [ids.filter(isSelected), ids.filter((id) => !isSelected(id))]);
      const size = 0.6 * map.pointSize();
      const traces = this.parts.map((ids, number) => this.trace(map, ids, number, size));
      return this.quietly(() => window.Plotly.react(this.plot, traces, this.layout(map), CONFIG));
    }

    trace(map, ids, number, size) {
      const {source: {places}, colouring} = map;
      const [isWrong, isFaded] = [number >> 1, number & 1];
      const along = (axis) => Float32Array.from(ids, (id) => places[3 * id + axis]);
      return {
        type: 'scatter3d', mode: 'markers', x: along(0), y: along(1), z: along(2),
        text: ids.map((id) => map.describe(id)),
        hovertemplate: '%{text}<extra></extra>',
        marker: {
          symbol: isWrong ? 'cross' : 'circle', size: isWrong ? 1.5 * size : size, opacity: isFaded ? FADED : 0.85, line: {width: 0},
          colorscale: colouring.scale, cmin: colouring.least, cmax: colouring.most,
          color: Float32Array.from(ids, (id) => colouring.values[id]),
        },
      };
    }

    layout({source: {map}, span: [first]}) {
      const axis = {
        title: {text: ''}, showticklabels: false, showspikes: false, zeroline: false, showbackground: false,
        gridcolor: 'rgba(128,128,128,0.25)', linecolor: 'rgba(128,128,128,0.5)',
      };
      return {
        uirevision: `${map}-${first}`, hovermode: 'closest', showlegend: false, paper_bgcolor: 'rgba(0,0,0,0)',
        font: {family: 'inherit', size: 12}, margin: {l: 0, r: 0, t: 0, b: 0}, modebar: {bgcolor: 'rgba(0,0,0,0)', orientation: 'v'},
        scene: {
          aspectmode: 'data', dragmode: 'orbit', camera: {eye: EYE}, xaxis: axis, yaxis: axis, zaxis: axis, bgcolor: 'rgba(0,0,0,0)',
        },
      };
    }

    recolour({colouring: {values, scale, least, most}}) {
      return this.quietly(() => window.Plotly.restyle(this.plot, {
        'marker.color': this.parts.map((ids) => Float32Array.from(ids, (id) => values[id])),
        'marker.colorscale': [scale], 'marker.cmin': least, 'marker.cmax': most,
      }));
    }

    mark(map) {
      return this.draw(map);
    }

    imageOf({curveNumber, pointNumber}) {
      return this.parts[curveNumber][pointNumber];
    }

    // Where an image is, in px of the plot, as the camera stands.
    pixelOf(id, {places}) {
      const scene = this.plot._fullLayout?.scene?._scene;
      const camera = scene?.glplot?.cameraParams;
      if (!camera?.projection) return null;
      const point = [0, 1, 2].map((axis) => places[3 * id + axis] * scene.dataScale[axis]);
      const [x, y, , w] = [camera.model, camera.view, camera.projection].reduce((at, matrix) => times(matrix, at), [...point, 1]);
      const {clientWidth, clientHeight} = this.plot;
      return w > 0 ? [(0.5 + 0.5 * x / w) * clientWidth, (0.5 - 0.5 * y / w) * clientHeight] : null;
    }

    // The rings go with the points, in each frame that the camera moves in. A click of Plotly's would be any press of the
    // button, also one that begins to turn the map.
    listen() {
      super.listen();
      this.plot.on('plotly_hover', ({points: [point]}) => this.owner.hover(this.imageOf(point)));
      this.plot.on('plotly_unhover', () => this.owner.hover(null));
      let pressed = null;
      this.plot.addEventListener('pointerdown', ({clientX, clientY}) => { pressed = [clientX, clientY]; }, {capture: true});
      this.plot.addEventListener('click', ({clientX, clientY}) => {
        const isStill = pressed && Math.hypot(clientX - pressed[0], clientY - pressed[1]) < STILL;
        if (isStill && this.owner.hovered !== null) this.owner.onFocus(this.owner.hovered);
      }, {capture: true});
      const {glplot} = this.plot._fullLayout.scene._scene;
      const {onrender} = glplot;
      glplot.onrender = (...args) => {
        onrender?.(...args);
        this.owner.placeRings();
      };
    }
  }

  darkroom.Scatter3d = Scatter3d;
})();
