/* What is to be seen of a graph with some frames folded, and where.
 *
 * Each open frame is laid out by itself, inner ones first, and is one vertex of the layout around it. A value that goes
 * in or out passes a port on the frame's upper or lower border, so that lines keep clear of the boxes on all levels.
 */

const HEADER = 20; // height of the line with a frame's title

class Arrangement {
  /** The scene knows the sizes of boxes and texts. */
  constructor(graph, closed, scene) {
    Object.assign(this, { graph, closed, scene });
    this.shownBy = this.findShown();
    this.locals = new Map();
    this.open.forEach((frame) => this.locals.set(frame, new Local(this, frame)));
    this.links = this.findLinks();
    for (const link of this.links) this.route(link);
    for (const frame of [...this.open].reverse()) this.locals.get(frame).layOut();
    this.placeAll();
  }

  /** For each node the item that is seen of it; the frames that are seen open. */
  findShown() {
    const { graph, closed } = this;
    const hiddenBy = graph.frames.map(() => -1);
    this.open = [];
    graph.frames.forEach((frame, f) => {
      if (frame.parent >= 0 && hiddenBy[frame.parent] >= 0) hiddenBy[f] = hiddenBy[frame.parent];
      else if (closed.has(f)) hiddenBy[f] = graph.itemOf(f);
      else this.open.push(f);
    });
    return Int32Array.from(graph.frameOf, (frame, i) => (hiddenBy[frame] >= 0 ? hiddenBy[frame] : i));
  }

  /** The lines between boxes. Uses of one value within one folded box are one line. */
  findLinks() {
    const links = [], known = new Map();
    this.graph.edges.forEach((edge, number) => {
      const source = this.shownBy[edge.source], target = this.shownBy[edge.target];
      const loop = Boolean(edge.loop);
      if (source === target && !loop) return;
      const value = `${edge.source}.${edge.output || 0}${loop ? "~" : ""}`;
      const key = this.graph.isFrame(target) ? `${value} ${target}` : number;
      if (!known.has(key)) {
        known.set(key, { source, target, value, loop, edges: [], segments: [] });
        links.push(known.get(key));
      }
      known.get(key).edges.push(number);
    });
    return links;
  }

  /** Cut a link into edges of the frames that it passes. */
  route(link) {
    const { graph } = this;
    const entered = [];
    let inner = graph.around(link.source), outer = graph.around(link.target);
    let end = { item: link.source, port: null };
    while (inner !== outer) {
      if (graph.frames[inner].depth >= graph.frames[outer].depth) {
        const port = this.locals.get(inner).port("out", link);
        this.locals.get(inner).connect(link, end, { port });
        end = { item: graph.itemOf(inner), port };
        inner = graph.frames[inner].parent;
      } else {
        entered.push(outer);
        outer = graph.frames[outer].parent;
      }
    }
    let aside = link.loop;
    for (let frame = inner; ; aside = false) {
      const next = entered.pop();
      if (next === undefined) {
        this.locals.get(frame).connect(link, end, { item: link.target, port: null }, aside);
        return;
      }
      const port = this.locals.get(next).port("in", link);
      this.locals.get(frame).connect(link, end, { item: graph.itemOf(next), port }, aside);
      end = { port };
      frame = next;
    }
  }

  /** Outputs of one node leave it side by side. */
  outputPin(item, edge, width) {
    if (this.graph.isFrame(item)) return width / 2;
    const count = this.graph.nodes[item].values.length || 1;
    const output = this.graph.edges[edge.link.edges[0]].output || 0;
    return (width * (output + 0.5)) / count;
  }

  /** What stands near a far use in the place of what is used. */
  reference(edge) {
    const item = this.graph.edges[edge.link.edges[0]].source;
    const w = this.scene.widthOf(`${this.graph.title(item)} \u2191`) + 8;
    return { item, reference: true, w, h: 16, order: item, end: "" };
  }

  /** Absolute places of all boxes, frames and lines. */
  placeAll() {
    this.boxes = [];
    this.frames = [];
    this.places = new Map(); // of items
    const origins = new Map([[0, [0, 0]]]);
    for (const frame of this.open) {
      const local = this.locals.get(frame), [x, y] = origins.get(frame);
      this.addFrame(frame, x, y, local);
      for (const vertex of local.vertices) {
        if (vertex.end) continue;
        const { item, h, reference } = vertex, w = vertex.w - (vertex.loops ? LOOP : 0);
        const place = { item, x: x + local.left + vertex.x, y: y + local.top + vertex.y, w, h, reference };
        if (vertex.isOpen) origins.set(this.graph.frameNumber(item), [place.x, place.y]);
        else this.boxes.push(place);
        if (!reference) this.places.set(item, place);
      }
    }
    const root = this.locals.get(0);
    this.w = root.w;
    this.h = root.h;
    this.origins = origins;
  }

  addFrame(frame, x, y, local) {
    if (frame !== 0) this.frames.push({ item: this.graph.itemOf(frame), x, y, w: local.w, h: local.h });
  }

  /** Whether a part of a link lies in an area. Links go down from their source, but for those around the side. */
  isSeen(link, area) {
    if (!link.parts) {
      const source = this.places.get(link.source), target = this.places.get(link.target);
      const isBelow = source && Math.min(source.y, target.y) > area.bottom;
      if (isBelow || (source && Math.max(source.y + source.h, target.y + target.h) < area.top)) return false;
    }
    const { left, right, top, bottom } = this.traced(link).bounds;
    return left <= area.right && right >= area.left && top <= area.bottom && bottom >= area.top;
  }

  /** The link with its parts: each points to be joined by curves, or the corners of a line around the side. */
  traced(link) {
    if (link.parts) return link;
    link.parts = link.segments.map(({ frame, edge }) => {
      const [x, y] = this.origins.get(frame), local = this.locals.get(frame);
      const moved = (points) => points.map(([px, py]) => [x + local.left + px, y + local.top + py]);
      const part = edge.aside ? { corners: moved(edge.corners) } : { points: moved(edge.points()) };
      // The frame's border lies a little outside of the layers in it
      if (edge.entersAt === "in") part.points.unshift([part.points[0][0], y]);
      if (edge.leavesAt === "out") part.points.push([part.points[part.points.length - 1][0], y + local.h]);
      return part;
    });
    link.bounds = boundsOf(link.parts.flatMap((part) => part.points || part.corners));
    return link;
  }
}

/** All points of one line in a rectangle. */
function boundsOf(points) {
  const bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  return bounds;
}

/** What lies directly in an open frame, as vertices and edges for the layout. */
class Local {
  constructor(arrangement, frame) {
    Object.assign(this, { arrangement, frame, vertices: [], edges: [] });
    this.numbers = new Map(); // of vertices, by item or by port
    this.known = new Map(); // edges that several links share
    const { graph, closed } = arrangement;
    if (frame !== 0) {
      const w = arrangement.scene.widthOf(graph.title(graph.itemOf(frame))) + 34;
      this.header = { end: "header", w, h: 0, order: -1, item: -1 };
      this.vertices.push(this.header);
    }
    for (const item of graph.frames[frame].children) {
      const isFrame = graph.isFrame(item);
      const isOpen = isFrame && !closed.has(graph.frameNumber(item));
      const { w, h } = isOpen ? { w: 0, h: 0 } : arrangement.scene.sizeOf(item);
      const order = isFrame ? graph.frame(item).order : item;
      this.numbers.set(item, this.vertices.length);
      const isAside = !isFrame && !isOperation(graph.nodes[item]);
      this.vertices.push({ item, w, h, order, isOpen, isAside, hasPins: isOpen, end: "" });
    }
  }

  /** The number of the vertex where a value goes in or out. */
  port(end, link) {
    const key = `${end} ${link.value}`;
    if (!this.numbers.has(key)) {
      this.numbers.set(key, this.vertices.length);
      const order = end === "in" ? this.vertices.length : 1e9 + this.vertices.length;
      this.vertices.push({ item: -1, w: 0, h: 0, order, end, hasPins: true });
    }
    return this.numbers.get(key);
  }

  /** An edge between items, their ports if they are open, or ports of this frame; the same one for the same value. */
  connect(link, from, to, aside = false) {
    const number = (end) => (end.item === undefined ? end.port : this.numbers.get(end.item));
    const shared = to.port !== null;
    const key = shared && `${number(from)} ${number(to)} ${to.port} ${link.value}`;
    let edge = shared && this.known.get(key);
    if (!edge) {
      edge = {
        from: number(from), to: number(to), fromEnd: from, toEnd: to, value: link.value, aside, link,
        entersAt: from.item === undefined ? "in" : "", leavesAt: to.item === undefined ? "out" : "",
      };
      this.edges.push(edge);
      if (shared) this.known.set(key, edge);
      if (edge.from === edge.to) this.addLoop(edge);
    }
    link.segments.push({ frame: this.frame, edge });
  }

  addLoop(edge) {
    const vertex = this.vertices[edge.from];
    if (vertex.isOpen || vertex.loops) return;
    vertex.loops = true;
    vertex.w += LOOP;
  }

  layOut() {
    const { arrangement } = this;
    for (const vertex of this.vertices) if (vertex.isOpen) this.measure(vertex);
    for (const edge of this.edges) {
      edge.fromPin = this.pin(edge.from, edge.fromEnd, edge);
      edge.toPin = this.pin(edge.to, edge.toEnd);
    }
    const size = layOut(this.vertices, this.edges, (edge) => arrangement.reference(edge));
    const margin = this.frame === 0 ? 2 * ROOM.frame : ROOM.frame;
    this.left = margin;
    this.top = this.frame === 0 ? margin : HEADER;
    this.w = Math.max(size.w, this.header ? this.header.w : 0) + 2 * margin;
    this.h = this.top + size.h + (this.frame === 0 ? margin : 2);
  }

  measure(vertex) {
    ({ w: vertex.w, h: vertex.h } = this.inner(vertex.item));
  }

  /** What lies in an open frame that lies in this one. */
  inner(item) {
    return this.arrangement.locals.get(this.arrangement.graph.frameNumber(item));
  }

  /** How far from its left an edge ends at a vertex: at the port of an open frame, at its output, or in the middle. */
  pin(number, end, edge) {
    const vertex = this.vertices[number];
    if (end.item !== undefined && vertex.isOpen) {
      const inner = this.inner(end.item);
      return inner.left + inner.vertices[end.port].x;
    }
    const width = vertex.w - (vertex.loops ? LOOP : 0);
    return edge && end.item !== undefined ? this.arrangement.outputPin(end.item, edge, width) : width / 2;
  }
}
