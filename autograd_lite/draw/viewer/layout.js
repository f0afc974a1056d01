/* Layered layout of the vertices of one frame, after Sugiyama, Tagawa and Toda (1981): layers by longest paths, order
 * within layers by barycentres, coordinates by regression that keeps the order. Each step takes n log n time.
 *
 * A vertex has a size {w, h} and an order in time; `end` is "in" or "out" for one on the frame's border. An edge goes
 * {from, to} with its ends at {fromPin, toPin}, distances from the left of the vertices, and the `value` it carries.
 * Those that would go up are led around the side. A vertex `isAside`, a parameter for example, if it need not stand
 * just above what takes its value: the main lines are to be straight.
 */

const ROOM = { boxes: 24, lines: 12, layers: 30, lane: 13, frame: 12 };
const MOST_LAYERS = 30; // that an edge may span: a reference takes the place of a longer one
const LOOP = 22; // room for the line from a folded block to itself
const SMALL = 3000; // cells for which time is no matter

/** Place the vertices (x, y of the upper left) and edges; returns the size of it all.
 *
 * A placed edge has `corners` if it is led around the side, else a function `points`: most are never looked at.
 */
function layOut(vertices, edges, referTo) {
  const layers = assignLayers(vertices, edges);
  replaceFarEdges(vertices, edges, layers, referTo);
  const grid = new Grid(vertices, edges, layers);
  grid.order();
  grid.place();
  const rows = stack(vertices, grid);
  const size = { w: Math.max(0, grid.right - grid.left), h: rows.height };
  vertices.forEach((vertex, i) => {
    vertex.x = grid.x[i] - vertex.w / 2 - grid.left;
    vertex.y = rows.top[layers[i]] + (vertex.end ? 0 : (rows.bottom[layers[i]] - rows.top[layers[i]] - vertex.h) / 2);
  });
  spreadPins(vertices, edges, grid);
  for (const edge of edges) if (!edge.aside) edge.points = () => pointsDown(edge, vertices, grid, rows);
  return leadAside(vertices, edges, layers, rows, size);
}

// -- layers ---------------------------------------------------------------------------------------------------------

/** The layer of each vertex, by its longest path from the top. Edges that close a cycle get `aside`. */
function assignLayers(vertices, edges) {
  const out = numbersBy(edges, "from", vertices.length), into = numbersBy(edges, "to", vertices.length);
  const layers = vertices.map((vertex) => (vertex.end === "in" || vertex.end === "header" ? 0 : 1));
  const missing = Int32Array.from(into, (numbers) => numbers.filter((e) => !edges[e].aside).length);
  const done = new Uint8Array(vertices.length);
  const inTime = [...vertices.keys()].sort((a, b) => vertices[a].order - vertices[b].order);
  const ready = inTime.filter((v) => missing[v] === 0);
  let earliest = 0;
  for (let i = 0; i < vertices.length; i++) {
    if (i === ready.length) {
      // All that are left wait for each other: go on with the one that was computed first
      while (done[inTime[earliest]]) earliest++;
      const v = inTime[earliest];
      for (const e of into[v]) if (!done[edges[e].from]) edges[e].aside = true;
      ready.push(v);
    }
    const v = ready[i];
    done[v] = 1;
    for (const e of out[v]) {
      if (edges[e].aside) continue;
      const to = edges[e].to;
      layers[to] = Math.max(layers[to], layers[v] + 1);
      if (--missing[to] === 0 && !done[to]) ready.push(to);
    }
  }
  sink(vertices, edges, layers, { out, into, inOrder: ready });
  return layers;
}

/** What goes out stands below all else; and what can move down to its first use without making lines longer, does.
 *
 * That is what takes only values that are used elsewhere too, or only such as can move along: the steps of a sequence,
 * weights.
 */
function sink(vertices, edges, layers, { out, into, inOrder }) {
  let last = 0;
  vertices.forEach((vertex, v) => { if (vertex.end !== "out") last = Math.max(last, layers[v]); });
  vertices.forEach((vertex, v) => { if (vertex.end === "out") layers[v] = last + 1; });
  const goesDown = (e) => !edges[e].aside;
  const isFree = new Uint8Array(vertices.length);
  const leavesFree = (e) => !goesDown(e) || out[edges[e].from].length > 1 || isFree[edges[e].from];
  for (const v of inOrder) isFree[v] = !vertices[v].end && into[v].every(leavesFree) ? 1 : 0;
  for (const v of [...inOrder].reverse()) {
    const above = isFree[v] ? out[v].filter(goesDown).map((e) => layers[edges[e].to] - 1) : [];
    if (above.length) layers[v] = Math.max(1, above.reduce((a, b) => Math.min(a, b)));
  }
}

/** Edges that span too many layers begin at a reference to what they come from. */
function replaceFarEdges(vertices, edges, layers, referTo) {
  const spans = edges.map((edge) => (edge.aside ? 0 : layers[edge.to] - layers[edge.from] - 1));
  const limit = farthest(spans, 2 * vertices.length + 4000);
  edges.forEach((edge, e) => {
    if (spans[e] <= limit) return;
    const reference = referTo(edge);
    vertices.push(reference);
    layers.push(layers[edge.to] - 1);
    edge.from = vertices.length - 1;
    edge.fromPin = reference.w / 2;
  });
}

/** How many layers an edge may span for all shorter ones to need so many cells at most. */
function farthest(spans, most) {
  let sum = 0;
  for (const span of [...spans].filter((each) => each > 0).sort((a, b) => a - b)) {
    sum += span;
    if (span > MOST_LAYERS || sum > most) return span - 1;
  }
  return MOST_LAYERS;
}

// -- order and coordinates ------------------------------------------------------------------------------------------

/** The vertices in their layers, with cells where edges pass through, and short edges from each layer to the next. */
class Grid {
  constructor(vertices, edges, layers) {
    this.layer = [...layers];
    this.width = vertices.map((vertex) => vertex.w);
    this.vertexCount = vertices.length;
    this.isHeader = vertices.map((vertex) => vertex.end === "header");
    this.shorts = []; // {a, b, aPin, bPin, weight}: from cell a down to cell b, pins from the middle of a cell
    this.addEdges(vertices, edges);
    this.up = numbersBy(this.shorts, "b", this.layer.length);
    this.down = numbersBy(this.shorts, "a", this.layer.length);
    this.fillLayers(vertices);
  }

  /** Edges that carry the same value go the same way as far as they can. */
  addEdges(vertices, edges) {
    const ways = new Map();
    for (const edge of edges) {
      if (edge.aside) continue;
      const key = `${edge.from} ${edge.value}`;
      if (!ways.has(key)) ways.set(key, []);
      edge.way = ways.get(key);
      edge.steps = this.layer[edge.to] - this.layer[edge.from] - 1;
      const aPin = edge.fromPin - vertices[edge.from].w / 2, bPin = edge.toPin - vertices[edge.to].w / 2;
      while (edge.way.length < edge.steps) this.addCell(edge, aPin);
      const from = edge.steps ? edge.way[edge.steps - 1] : edge.from;
      const weight = edge.steps ? 2 : vertices[edge.from].isAside ? 0.1 : 1;
      edge.short = { a: from, b: edge.to, aPin: edge.steps ? 0 : aPin, bPin, weight, edge };
      this.shorts.push(edge.short);
    }
  }

  addCell(edge, aPin) {
    const { way } = edge, cell = this.layer.length;
    const a = way.length ? way[way.length - 1] : edge.from;
    this.shorts.push({ a, b: cell, aPin: way.length ? 0 : aPin, bPin: 0, weight: way.length ? 8 : 2 });
    this.layer.push(this.layer[a] + 1);
    this.width.push(0);
    way.push(cell);
  }

  fillLayers(vertices) {
    this.layers = [];
    const time = (cell) => (cell < this.vertexCount ? vertices[cell].order : Infinity);
    for (let cell = 0; cell < this.layer.length; cell++) {
      while (this.layers.length <= this.layer[cell]) this.layers.push([]);
      this.layers[this.layer[cell]].push(cell);
    }
    for (const cells of this.layers) cells.sort((a, b) => this.first(a, b) || time(a) - time(b) || a - b);
  }

  /** A frame's header stands at the left of all that comes in. */
  first(a, b) {
    return (this.isHeader[b] ? 1 : 0) - (this.isHeader[a] ? 1 : 0);
  }

  // -- order

  order() {
    this.position = new Float64Array(this.layer.length);
    for (const cells of this.layers) this.number(cells);
    if (this.layer.length < SMALL) this.orderBest(12);
    else for (let round = 0; round < 3; round++) this.sweep(round % 2 === 0);
  }

  /** The order with the fewest crossings of so many rounds. */
  orderBest(rounds) {
    let best = this.layers, fewest = Infinity;
    for (let round = 0; round < rounds && fewest > 0; round++) {
      this.sweep(true);
      this.sweep(false);
      const crossings = this.crossings();
      if (crossings < fewest) [best, fewest] = [this.layers.map((cells) => [...cells]), crossings];
    }
    this.layers = best;
    for (const cells of this.layers) this.number(cells);
  }

  number(cells) {
    cells.forEach((cell, i) => { this.position[cell] = i; });
  }

  /** Sort each layer by where its neighbours in the layer before stand, going down or up. */
  sweep(isDown) {
    const layers = isDown ? this.layers : [...this.layers].reverse();
    const wanted = new Float64Array(this.layer.length);
    for (const cells of layers) {
      for (const cell of cells) wanted[cell] = this.barycentre(cell, isDown);
      cells.sort((a, b) => this.first(a, b) || wanted[a] - wanted[b] || this.position[a] - this.position[b]);
      this.number(cells);
    }
  }

  barycentre(cell, isDown) {
    const shorts = isDown ? this.up[cell] : this.down[cell];
    if (!shorts.length) return this.position[cell];
    let sum = 0;
    for (const number of shorts) {
      const short = this.shorts[number];
      const other = isDown ? short.a : short.b;
      const pin = (isDown ? short.aPin : short.bPin) / (this.width[other] + 1); // where on a wide cell it ends
      const own = (isDown ? short.bPin : short.aPin) / (this.width[cell] + 1);
      sum += this.position[other] + pin - own / 8;
    }
    return sum / shorts.length;
  }

  crossings() {
    let count = 0;
    for (const cells of this.layers) {
      const ends = [];
      for (const cell of cells) {
        for (const number of this.down[cell]) {
          const { a, b, aPin, bPin } = this.shorts[number];
          ends.push([this.position[a] + aPin / (this.width[a] + 1), this.position[b] + bPin / (this.width[b] + 1)]);
        }
      }
      ends.sort((p, q) => p[0] - q[0] || p[1] - q[1]);
      count += inversions(ends.map((end) => end[1]));
    }
    return count;
  }

  // -- coordinates

  place() {
    this.x = new Float64Array(this.layer.length);
    for (const cells of this.layers) this.spread(cells, cells.map(() => 0), cells.map(() => 1));
    const rounds = this.layer.length < SMALL ? 30 : 2;
    for (let round = 0; round < rounds; round++) {
      for (const cells of this.layers) this.align(cells, true, false);
      for (const cells of [...this.layers].reverse()) this.align(cells, false, true);
    }
    for (const cells of this.layers) this.align(cells, true, true);
    [this.left, this.right] = [Infinity, -Infinity];
    this.layers.forEach((cells) => cells.forEach((cell, i) => {
      if (this.isHeader[cell] && !this.headerBeside(cells, i)) return;
      this.left = Math.min(this.left, this.x[cell] - this.width[cell] / 2);
      this.right = Math.max(this.right, this.x[cell] + this.width[cell] / 2);
    }));
  }

  /** Move cells as near to their neighbours above, below or both as their order allows. */
  align(cells, above, below) {
    const wanted = [], weights = [];
    for (const cell of cells) {
      let sum = 0, weight = 0;
      for (const number of above ? this.up[cell] : []) {
        const short = this.shorts[number];
        sum += short.weight * (this.x[short.a] + short.aPin - short.bPin);
        weight += short.weight;
      }
      for (const number of below ? this.down[cell] : []) {
        const short = this.shorts[number];
        sum += short.weight * (this.x[short.b] + short.bPin - short.aPin);
        weight += short.weight;
      }
      wanted.push(weight ? sum / weight : this.x[cell]);
      weights.push(weight || 0.01);
    }
    this.spread(cells, wanted, weights);
  }

  /** The places nearest to those that are wanted (least squares) that keep the order and the room between cells.
   *
   * With the room that lies before each cell taken off, they are to increase only: neighbours that would not are pooled
   * at their mean.
   */
  spread(cells, wanted, weights) {
    const offsets = [0];
    for (let i = 1; i < cells.length; i++) offsets.push(offsets[i - 1] + this.room(cells[i - 1], cells[i]));
    const pools = [];
    cells.forEach((_, i) => {
      let pool = { mean: wanted[i] - offsets[i], weight: weights[i], count: 1 };
      while (pools.length && pools[pools.length - 1].mean > pool.mean) pool = pooled(pools.pop(), pool);
      pools.push(pool);
    });
    let i = 0;
    for (const { mean, count } of pools) for (let k = 0; k < count; k++, i++) this.x[cells[i]] = mean + offsets[i];
  }

  /** From the middle of a cell to that of the next. */
  room(a, b) {
    const both = a < this.vertexCount && b < this.vertexCount;
    return (this.width[a] + this.width[b]) / 2 + (both ? ROOM.boxes : ROOM.lines);
  }

  /** Where a header has its place by itself, it does not matter: it is drawn at the frame's left. */
  headerBeside(cells, i) {
    if (cells.length === 1) return false;
    this.x[cells[i]] = this.x[cells[i + 1]] - this.room(cells[i], cells[i + 1]);
    return true;
  }
}

function pooled(a, b) {
  const weight = a.weight + b.weight;
  return { mean: (a.mean * a.weight + b.mean * b.weight) / weight, weight, count: a.count + b.count };
}

/** How many pairs of numbers stand in the wrong order, by merging sorted halves from small to large. */
function inversions(numbers) {
  let count = 0, from = [...numbers], to = [...numbers];
  for (let half = 1; half < numbers.length; half *= 2) {
    for (let start = 0; start < numbers.length; start += 2 * half) {
      const middle = Math.min(start + half, numbers.length), end = Math.min(start + 2 * half, numbers.length);
      for (let i = start, j = middle, k = start; k < end; k++) {
        if (i < middle && (j >= end || from[i] <= from[j])) to[k] = from[i++];
        else { count += middle - i; to[k] = from[j++]; }
      }
    }
    [from, to] = [to, from];
  }
  return count;
}

// -- heights and lines ----------------------------------------------------------------------------------------------

/** The top and bottom of each layer: as high as its highest vertex; more room where lines go far sideways. */
function stack(vertices, grid) {
  const height = (cell) => (cell < grid.vertexCount ? vertices[cell].h : 0);
  const heights = grid.layers.map((cells) => cells.reduce((most, cell) => Math.max(most, height(cell)), 0));
  const sideways = new Float64Array(heights.length);
  for (const { a, b, aPin, bPin } of grid.shorts) {
    const layer = grid.layer[a];
    sideways[layer] = Math.max(sideways[layer], Math.abs(grid.x[a] + aPin - grid.x[b] - bPin));
  }
  const top = [], bottom = [];
  let y = 0;
  heights.forEach((height, layer) => {
    top.push(y);
    bottom.push(y + height);
    const isEmpty = grid.layers[layer].every((cell) => grid.isHeader[cell]);
    y += height + (isEmpty ? ROOM.lines / 2 : ROOM.layers + Math.min(40, sideways[layer] / 12));
  });
  const hasEnd = heights.length && heights[heights.length - 1] === 0;
  return { top, bottom, height: Math.max(0, bottom[bottom.length - 1] ?? 0) + (hasEnd ? 0 : ROOM.layers / 2) };
}

/** Edges to the same box end side by side, in the order in which they come. */
function spreadPins(vertices, edges, grid) {
  const into = numbersBy(edges, "to", vertices.length);
  vertices.forEach((vertex, v) => {
    if (vertex.hasPins || into[v].length < 2) return;
    const from = (e) => (edges[e].aside ? Infinity : grid.x[edges[e].short.a] + edges[e].short.aPin);
    const numbers = [...into[v]].sort((a, b) => from(a) - from(b) || a - b);
    const distance = Math.min(16, (vertex.w - (vertex.loops ? LOOP : 0) - 16) / (numbers.length - 1));
    numbers.forEach((e, i) => { edges[e].toPin += distance * (i - (numbers.length - 1) / 2); });
  });
}

/** The points that an edge goes through: straight within layers, so that it cuts no box, and curved between. */
function pointsDown(edge, vertices, grid, rows) {
  const from = vertices[edge.from], to = vertices[edge.to];
  const start = from.x + edge.fromPin, layer = grid.layer[edge.from];
  const points = [[start, from.y + from.h], [start, rows.bottom[layer]]];
  for (const cell of edge.way.slice(0, edge.steps)) {
    const x = grid.x[cell] - grid.left, row = grid.layer[cell];
    points.push([x, rows.top[row]], [x, rows.bottom[row]]);
  }
  const end = to.x + edge.toPin;
  points.push([end, rows.top[grid.layer[edge.to]]], [end, to.y]);
  return points;
}

/** A line from a folded block to itself goes around this box only, in the room that the box has for it. */
function loopBeside(edge, vertex) {
  if (edge.from !== edge.to || !vertex.loops) return false;
  const x = vertex.x + vertex.w - LOOP / 2, start = vertex.x + edge.fromPin, end = vertex.x + edge.toPin;
  const below = vertex.y + vertex.h + 8, above = vertex.y - 11;
  edge.corners = [[start, vertex.y + vertex.h], [start, below], [x, below], [x, above], [end, above], [end, vertex.y]];
  return true;
}

/** Lead edges that go up around the right side, each in a lane of its own; returns the size with the lanes. */
function leadAside(vertices, edges, layers, rows, size) {
  const aside = edges.filter((edge) => edge.aside && !loopBeside(edge, vertices[edge.from]));
  const span = (edge) => Math.abs(layers[edge.from] - layers[edge.to]);
  aside.sort((a, b) => span(a) - span(b));
  aside.forEach((edge, lane) => {
    const from = vertices[edge.from], to = vertices[edge.to];
    const x = size.w + (lane + 1) * ROOM.lane, shift = Math.min(lane, 3) * 3;
    const below = rows.bottom[layers[edge.from]] + 7 + shift, above = rows.top[layers[edge.to]] - 11 - shift;
    const start = from.x + edge.fromPin, end = to.x + edge.toPin;
    edge.corners = [[start, from.y + from.h], [start, below], [x, below], [x, above], [end, above], [end, to.y]];
  });
  return { w: size.w + (aside.length ? (aside.length + 0.5) * ROOM.lane : 0), h: size.h };
}
