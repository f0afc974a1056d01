/* The graph that the page was given.
 *
 * A frame is a call of a Module, or a block that repeats, on one side (forward or backward); frame 0 is the whole page,
 * and where there are both sides, each has a frame around all that is on it.
 * An item is what a box can stand for: node i is item i, frame f is item nodes.length + f.
 */

class Graph {
  constructor(data) {
    ({ nodes: this.nodes, edges: this.edges, modules: this.modules } = data.graph);
    this.data = data;
    this.operands = numbersBy(this.edges, "target", this.nodes.length); // of each node, the numbers of its edges
    this.uses = numbersBy(this.edges, "source", this.nodes.length);
    this.frames = [new Frame({ module: -1, parent: -1, depth: 0, repeat: 1, side: "" })];
    this.frameOf = this.framesOfNodes();
    this.placeConstants();
    this.fillFrames();
  }

  isFrame(item) {
    return item >= this.nodes.length;
  }

  frame(item) {
    return this.frames[this.frameNumber(item)];
  }

  frameNumber(item) {
    return item - this.nodes.length;
  }

  itemOf(frame) {
    return this.nodes.length + frame;
  }

  /** The frame that an item lies in. */
  around(item) {
    return this.isFrame(item) ? this.frame(item).parent : this.frameOf[item];
  }

  /** The frames that an item lies in, from the innermost out, without the page. */
  framesAround(item) {
    const frames = [];
    for (let frame = this.around(item); frame > 0; frame = this.frames[frame].parent) frames.push(frame);
    return frames;
  }

  isOutput(item) {
    if (this.isFrame(item)) return this.frame(item).isOutput;
    return this.nodes[item].values.some((value) => value.is_output);
  }

  /** What is to be read of an item: its title, the lines in its box, all that is known. */
  texts(item) {
    const { words, nodes, modules } = this.data;
    const frame = this.isFrame(item) ? this.frame(item) : null;
    if (frame && frame.module < 0) return { title: frame.side, lines: [], facts: [] };
    const [title, lines, facts] = frame ? modules[frame.module] : nodes[item];
    const read = (numbers) => numbers.map((number) => words[number]);
    return { title: words[title], lines: read(lines), facts: read(facts) };
  }

  title(item) {
    return this.texts(item).title;
  }

  /** What stands at an edge: which of several results it is. */
  label(edge) {
    const word = this.data.labels[edge];
    return word === undefined ? "" : this.data.words[word];
  }

  marks(item) {
    return (this.isFrame(item) ? this.frame(item) : this.nodes[item]).marks || [];
  }

  /** All that an item can be found by, in small letters. */
  searchable(item) {
    const { title, facts } = this.texts(item);
    const parts = [title, ...facts];
    if (this.isFrame(item)) parts.push(this.modules[this.frame(item).module]?.path);
    else {
      const { label, values, source = [] } = this.nodes[item];
      parts.push(label, ...values.map((value) => value.name), ...source);
    }
    return parts.filter(Boolean).join("\n").toLowerCase();
  }

  // -- frames -------------------------------------------------------------------------------------------------------

  framesOfNodes() {
    const known = new Map(); // by side and Module
    const sides = new Set(this.nodes.map((node) => node.side || "forward"));
    for (const side of sides) known.set(`${side} -1`, sides.size > 1 ? this.addFrame(0, { module: -1, side }) : 0);
    return Int32Array.from(this.nodes, (node) => this.frameFor(node.module ?? -1, node.side || "forward", known));
  }

  /** The frame of a Module on a side, which is made with those around it when it is first asked for. */
  frameFor(module, side, known) {
    const missing = [];
    while (!known.has(`${side} ${module}`)) {
      missing.push(module);
      module = this.modules[module].parent ?? -1;
    }
    let frame = known.get(`${side} ${module}`);
    while (missing.length) {
      module = missing.pop();
      frame = this.addFrame(frame, { module, side, repeat: this.modules[module].repeat });
      known.set(`${side} ${module}`, frame);
    }
    return frame;
  }

  addFrame(parent, { module, side, repeat = 1 }) {
    this.frames.push(new Frame({ module, side, parent, repeat, depth: this.frames[parent].depth + 1 }));
    return this.frames.length - 1;
  }

  /** Constants without a name lie in the innermost frame that has all their uses; one with a name may be an input. */
  placeConstants() {
    this.nodes.forEach((node, i) => {
      const isNamed = node.values.some((value) => value.name);
      if (isNamed || (node.kind !== "constant" && node.kind !== "reference")) return;
      const frames = this.uses[i].map((edge) => this.frameOf[this.edges[edge].target]);
      if (frames.length) this.frameOf[i] = frames.reduce((a, b) => this.common(a, b));
    });
  }

  /** The innermost frame around both. */
  common(a, b) {
    while (a !== b) {
      if (this.frames[a].depth >= this.frames[b].depth) a = this.frames[a].parent;
      else b = this.frames[b].parent;
    }
    return a;
  }

  fillFrames() {
    const placed = new Set([0]);
    this.nodes.forEach((node, i) => {
      let item = i;
      for (let frame = this.frameOf[i]; ; frame = this.frames[frame].parent) {
        if (item !== null) this.frames[frame].children.push(item);
        this.frames[frame].add(i, node, this.isOutput(i));
        item = placed.has(frame) ? null : this.itemOf(frame);
        placed.add(frame);
        if (frame === 0) break;
      }
    });
    for (const frame of this.frames) frame.marks = [...frame.marks];
  }
}

class Frame {
  constructor(known) {
    Object.assign(this, known, { children: [], marks: new Set() });
    this.order = Infinity; // the number of the first operation in it, or of the first node
    this.operations = [];
    this.isOutput = false;
  }

  add(i, node, isOutput) {
    if (isOperation(node)) this.operations.push(i);
    this.order = this.operations.length ? this.operations[0] : Math.min(this.order, i);
    this.isOutput ||= isOutput;
    // Nearly all Modules save something: that is no mark of one
    for (const mark of node.marks || []) if (mark !== "saved") this.marks.add(mark);
  }
}

function isOperation(node) {
  return node.kind === "op" || node.kind === "group";
}

/** For each node the numbers of the edges that have it at this end. */
function numbersBy(edges, end, count) {
  const lists = Array.from({ length: count }, () => []);
  edges.forEach((edge, number) => lists[edge[end]].push(number));
  return lists;
}

/** Which frames are folded when the page opens: whole levels are unfolded while there are at most so many boxes. */
function foldedAtFirst(graph, most) {
  const closed = new Set(graph.frames.keys());
  let level = [0], boxes = 1;
  while (level.length) {
    const children = level.flatMap((frame) => graph.frames[frame].children);
    boxes += children.length - level.length;
    if (boxes > most && level[0] !== 0) break;
    for (const frame of level) closed.delete(frame);
    level = children.filter((item) => graph.isFrame(item)).map((item) => graph.frameNumber(item));
  }
  return closed;
}
