/* Draws an arrangement: what is in view as SVG; as dots and lines on a canvas where that is too much to be read. */

const MOST_DRAWN = 900; // boxes and frames in view that are drawn in full
const LONGEST = 64; // characters of a line in a box
const TEXT = { title: 12, line: 10.5, titleHeight: 16, lineHeight: 13, padX: 10, padY: 6 };
const FONT = "Helvetica, Arial, sans-serif";

class Scene {
  constructor(graph, svg, canvas) {
    Object.assign(this, { graph, svg, canvas, world: svg.querySelector("#world") });
    this.view = { x: 0, y: 0, k: 1 };
    this.pen = document.createElement("canvas").getContext("2d");
    this.widths = new Map();
    this.sizes = new Map();
    this.decorate = () => {}; // called with each element that stands for an item or a link
    this.isMarked = () => false; // whether the box of an item is to be found from far
  }

  // -- sizes --------------------------------------------------------------------------------------------------------

  widthOf(text, size = TEXT.line, bold = "") {
    const key = `${bold}${size} ${text}`;
    if (!this.widths.has(key)) {
      this.pen.font = `${bold} ${size}px ${FONT}`;
      this.widths.set(key, this.pen.measureText(text).width);
    }
    return this.widths.get(key);
  }

  sizeOf(item) {
    if (!this.sizes.has(item)) this.sizes.set(item, this.measured(item));
    return this.sizes.get(item);
  }

  measured(item) {
    const { title, lines } = this.graph.texts(item);
    const sign = this.graph.isFrame(item) ? 36 : 0;
    let w = this.widthOf(cut(title), TEXT.title, "bold") + sign;
    for (const line of lines) w = Math.max(w, this.widthOf(cut(line)));
    const slots = this.slots(item);
    for (const slot of slots) w = Math.max(w, slots.length * (this.widthOf(slot) + 10) - 2 * TEXT.padX);
    const h = TEXT.titleHeight + (lines.length + (slots.length ? 1 : 0)) * TEXT.lineHeight + 2 * TEXT.padY;
    const frame = this.graph.isOutput(item) ? 6 : 0;
    return { w: Math.max(w, 28) + 2 * TEXT.padX + frame, h: h + frame };
  }

  /** What several outputs of a node are called, as they leave it side by side. */
  slots(item) {
    const node = this.graph.nodes[item];
    if (this.graph.isFrame(item) || node.values.length < 2 || node.values.length > 12) return [];
    return node.values.map((value, output) => cut(String(value.name || value.slot || output), 12));
  }

  // -- the view -----------------------------------------------------------------------------------------------------

  get size() {
    return { w: this.svg.clientWidth || 1, h: this.svg.clientHeight || 1 };
  }

  show(arrangement) {
    this.arrangement = arrangement;
    this.redraw();
  }

  /** Look at another place; what is drawn is drawn anew when it does not cover the view any longer. */
  look(view) {
    this.view = view;
    const seen = this.seen(0);
    const isCovered = this.drawn && !this.isFar && contains(this.drawn, seen) && view.k > this.drawnAt / 2;
    if (isCovered) this.move();
    else this.redraw();
  }

  move() {
    const { x, y, k } = this.view;
    this.world.setAttribute("transform", `translate(${x} ${y}) scale(${k})`);
  }

  /** The part of the picture that is in view, and so much more of its size on each side. */
  seen(more) {
    const { x, y, k } = this.view, { w, h } = this.size;
    return {
      left: (-x - more * w) / k,
      right: (w - x + more * w) / k,
      top: (-y - more * h) / k,
      bottom: (h - y + more * h) / k,
    };
  }

  redraw() {
    if (!this.arrangement) return;
    const { w, h } = this.size;
    this.svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    let area = this.seen(0.5), boxes = this.within(area);
    if (boxes.length > MOST_DRAWN) {
      area = this.seen(0);
      boxes = this.within(area);
    }
    this.isFar = boxes.length > MOST_DRAWN;
    this.canvas.hidden = !this.isFar;
    const focused = document.activeElement?.dataset?.item;
    this.world.replaceChildren();
    [this.drawn, this.drawnAt] = [area, this.view.k];
    if (this.isFar) this.drawFar(boxes, area);
    else this.drawNear(boxes, area);
    this.move();
    if (focused !== undefined) this.elementOf(focused)?.focus({ preventScroll: true });
  }

  /** Print what is in view, without the empty room around it. */
  crop() {
    const { x, y, k } = this.view, { w, h } = this.size, { w: width, h: height } = this.arrangement;
    if (this.isFar) return;
    const left = Math.max(0, x), right = Math.min(w, x + k * width);
    const top = Math.max(0, y), bottom = Math.min(h, y + k * height);
    if (right <= left || bottom <= top) return;
    this.svg.setAttribute("viewBox", `${left} ${top} ${right - left} ${bottom - top}`);
  }

  within(area) {
    return this.arrangement.boxes.filter((box) => touches(box, area));
  }

  elementOf(item) {
    return this.world.querySelector(`[data-item="${item}"]:not(.reference)`);
  }

  // -- near ---------------------------------------------------------------------------------------------------------

  drawNear(boxes, area) {
    const { frames, links } = this.arrangement;
    for (const frame of frames) if (touches(frame, area)) this.world.append(this.frameShape(frame));
    links.forEach((link, number) => {
      if (this.arrangement.isSeen(link, area)) this.world.append(this.linkShape(link, number));
    });
    for (const frame of frames) if (touches(frame, area)) this.world.append(this.frameHead(frame));
    for (const box of boxes) this.world.append(box.reference ? this.referenceBox(box) : this.box(box));
  }

  make(name, attributes, ...children) {
    const element = document.createElementNS(this.svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  text(x, y, text, name) {
    return this.make("text", { x, y, class: name }, cut(text));
  }

  classes(item) {
    const { graph } = this;
    const marks = graph.marks(item).map((mark) => `mark-${mark.replaceAll(" ", "-")}`);
    const kinds = graph.isFrame(item)
      ? ["folded", graph.frame(item).repeat > 1 ? "repeat" : "", graph.frame(item).side]
      : [graph.nodes[item].kind, graph.nodes[item].side || ""];
    return ["box", ...kinds, this.graph.isOutput(item) ? "output" : "", ...marks].filter(Boolean).join(" ");
  }

  box({ item, x, y, w, h }) {
    const { title, lines } = this.graph.texts(item);
    const isFrame = this.graph.isFrame(item), isStack = isFrame || this.graph.nodes[item].kind === "group";
    const label = isFrame ? `Unfold ${[title, ...lines].join(", ")}` : [title, ...lines].join(", ");
    const group = this.make("g", {
      class: this.classes(item), "data-item": item, tabindex: 0, role: "button", "aria-label": label,
      transform: `translate(${x} ${y})`,
    });
    if (isFrame) group.setAttribute("aria-expanded", "false");
    if (isStack) group.append(this.make("rect", { class: "behind", x: 4, y: 4, width: w, height: h, rx: 6 }));
    group.append(this.make("rect", { class: "shape", width: w, height: h }));
    if (group.classList.contains("output")) {
      group.append(this.make("rect", { class: "inner", x: 3, y: 3, width: w - 6, height: h - 6 }));
    }
    if (isFrame) group.append(this.text(12, TEXT.padY + 12, "+", "sign"));
    let line = TEXT.padY + 12 + (this.graph.isOutput(item) ? 3 : 0);
    group.append(this.text(w / 2, line, title, "title"));
    line -= TEXT.lineHeight - TEXT.titleHeight;
    for (const each of lines) group.append(this.text(w / 2, (line += TEXT.lineHeight), each, "line"));
    const slots = this.slots(item);
    slots.forEach((slot, i) => group.append(this.text((w * (i + 0.5)) / slots.length, h - 5, slot, "line slot")));
    this.decorate(group, item, null);
    return group;
  }

  referenceBox({ item, x, y, w, h }) {
    const title = `${this.graph.title(item)} \u2191`;
    const group = this.make("g", {
      class: "box reference", "data-item": item, tabindex: 0, role: "button", "aria-label": `Go to ${title}`,
      transform: `translate(${x} ${y})`,
    });
    group.append(this.make("rect", { class: "shape", width: w, height: h }), this.text(w / 2, h - 4, title, "line"));
    return group;
  }

  frameShape({ item, x, y, w, h }) {
    const { repeat, side } = this.graph.frame(item);
    const shape = this.make("rect", { class: "shape", x, y, width: w, height: h, rx: 8 });
    return this.make("g", { class: `frame ${side}${repeat > 1 ? " repeat" : ""}` }, shape);
  }

  frameHead({ item, x, y }) {
    const title = this.graph.title(item);
    const head = this.make("g", {
      class: "head", "data-item": item, tabindex: 0, role: "button", "aria-expanded": "true",
      "aria-label": `Fold ${title}`, transform: `translate(${x} ${y})`,
    });
    const w = this.widthOf(cut(title)) + 24;
    head.append(this.make("rect", { class: "touch", width: w, height: HEADER }),
      this.text(8, 14, "\u2212", "sign"), this.text(20, 14, title, "line"));
    this.decorate(head, item, null);
    return head;
  }

  linkShape(link, number) {
    const d = pathOf(link), source = this.graph.isFrame(link.source) ? null : this.graph.nodes[link.source];
    const marks = new Set(link.edges.flatMap((e) => this.graph.edges[e].marks || []));
    const names = ["link", link.loop ? "loop" : "", ...[...marks].map((mark) => `mark-${mark.replaceAll(" ", "-")}`)];
    if (source && (source.kind === "constant" || source.kind === "reference")) names.push("quiet");
    const group = this.make("g", { class: names.join(" "), "data-link": number },
      this.make("path", { class: "touch", d }), this.make("path", { class: "shape", d }),
      this.make("path", { class: "tip", d: tipOf(link) }));
    this.decorate(group, null, link);
    return group;
  }

  // -- far ----------------------------------------------------------------------------------------------------------

  drawFar(boxes, area) {
    const { w, h } = this.size, { x, y, k } = this.view, sharp = window.devicePixelRatio || 1;
    this.canvas.width = w * sharp;
    this.canvas.height = h * sharp;
    const pen = this.canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    pen.setTransform(k * sharp, 0, 0, k * sharp, x * sharp, y * sharp);
    pen.lineWidth = 1 / k;
    for (const frame of this.arrangement.frames) {
      if (!touches(frame, area)) continue;
      pen.strokeStyle = colour("module-line");
      pen.strokeRect(frame.x, frame.y, frame.w, frame.h);
    }
    pen.strokeStyle = colour("edge");
    pen.beginPath();
    for (const link of this.arrangement.links) if (this.arrangement.isSeen(link, area)) drawStraight(pen, link);
    pen.stroke();
    const line = colour("op-line"), quiet = colour("quiet"), marked = colour("path");
    const byKind = { op: line, group: line, leaf: colour("leaf-line"), constant: quiet, reference: quiet };
    const least = 1.5 / k; // what is smaller than a dot is drawn as one
    for (const box of boxes) {
      const kind = this.graph.isFrame(box.item) ? "group" : this.graph.nodes[box.item].kind;
      pen.fillStyle = this.isMarked(box.item) ? marked : byKind[kind];
      pen.fillRect(box.x, box.y, Math.max(box.w, least), Math.max(box.h, least));
    }
  }

  /** The box at a place of the screen. */
  boxAt(x, y) {
    const { view } = this, wx = (x - view.x) / view.k, wy = (y - view.y) / view.k;
    return this.arrangement.boxes.find((b) => wx >= b.x && wx <= b.x + b.w && wy >= b.y && wy <= b.y + b.h);
  }
}

function cut(text, longest = LONGEST) {
  return text.length <= longest ? text : `${text.slice(0, longest - 3)}...`;
}

function sidesOf(box) {
  return { left: box.x, right: box.x + box.w, top: box.y, bottom: box.y + box.h };
}

function touches(box, area) {
  return box.x <= area.right && box.x + box.w >= area.left && box.y <= area.bottom && box.y + box.h >= area.top;
}

function contains(outer, inner) {
  const isBeside = inner.left < outer.left || inner.right > outer.right;
  return !isBeside && inner.top >= outer.top && inner.bottom <= outer.bottom;
}

// -- lines ----------------------------------------------------------------------------------------------------------

function pathOf(link) {
  return link.parts.map((part) => (part.points ? curved(part.points) : rounded(part.corners))).join(" ");
}

/** Through points from top to bottom: straight down, or from vertical to vertical. */
function curved(points) {
  const [[x, y], ...rest] = points;
  let path = `M${round(x)},${round(y)}`, [lastX, lastY] = [x, y];
  for (const [px, py] of rest) {
    const middle = round((lastY + py) / 2);
    if (Math.abs(px - lastX) < 0.5) path += `L${round(px)},${round(py)}`;
    else path += `C${round(lastX)},${middle} ${round(px)},${middle} ${round(px)},${round(py)}`;
    [lastX, lastY] = [px, py];
  }
  return path;
}

/** Straight from corner to corner, which are round. */
function rounded(corners) {
  let path = `M${round(corners[0][0])},${round(corners[0][1])}`;
  for (let i = 1; i < corners.length - 1; i++) {
    const [before, at, after] = corners.slice(i - 1, i + 2);
    const radius = Math.min(8, distance(before, at) / 2, distance(at, after) / 2);
    path += `L${towards(at, before, radius)}Q${round(at[0])},${round(at[1])} ${towards(at, after, radius)}`;
  }
  const [x, y] = corners[corners.length - 1];
  return `${path}L${round(x)},${round(y)}`;
}

function distance([x, y], [u, v]) {
  return Math.abs(u - x) + Math.abs(v - y); // one of them is 0
}

function towards([x, y], other, length) {
  const part = length / (distance([x, y], other) || 1);
  return `${round(x + (other[0] - x) * part)},${round(y + (other[1] - y) * part)}`;
}

/** All lines end going down. */
function tipOf(link) {
  const part = link.parts[link.parts.length - 1], points = part.points || part.corners;
  const [x, y] = points[points.length - 1];
  return `M${round(x - 3.5)},${round(y - 7)}L${round(x + 3.5)},${round(y - 7)}L${round(x)},${round(y)}z`;
}

function drawStraight(pen, link) {
  for (const part of link.parts) {
    (part.points || part.corners).forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  }
}

function round(number) {
  return Math.round(number * 10) / 10;
}
