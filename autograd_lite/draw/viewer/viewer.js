/* What the reader does: moves, folds, searches, points at things, goes through the steps. */

const MOST_AT_FIRST = 60; // boxes that the page opens with, if it can fold the others
const READABLE = 0.45; // the scale below which a graph is not shown whole when the page opens
const SCALES = [0.002, 4];
const INPUTS = ["INPUT", "BUTTON"];

const $ = (id) => document.getElementById(id);

class Viewer {
  constructor(data) {
    this.graph = new Graph(data);
    this.steps = new Steps(this.graph);
    this.closed = foldedAtFirst(this.graph, MOST_AT_FIRST);
    this.scene = new Scene(this.graph, $("picture"), $("far"));
    this.scene.decorate = (element, item, link) => this.decorate(element, item, link);
    this.scene.isMarked = (item) => this.matched.has(item) || item === this.here();
    this.matches = []; // items, in the order of the graph
    this.matched = new Set(); // items that are seen of them
    this.at = -1; // which match
    this.selected = null;
    this.step = null; // none: everything is shown as known
    this.arrange();
    this.openView();
    this.listen();
    this.tell();
  }

  // -- layout and view ------------------------------------------------------------------------------------------------

  /** Lay out anew; what is given stays at its place on the screen. */
  arrange(item = null) {
    const before = item === null ? null : this.placeOf(item);
    const { scene } = this;
    this.arrangement = new Arrangement(this.graph, this.closed, (each) => scene.sizeOf(each), (text) => scene.widthOf(text));
    this.markMatches();
    const after = item === null ? null : this.placeOf(item);
    if (before && after) {
      scene.view.x += (before.x - after.x) * scene.view.k;
      scene.view.y += (before.y - after.y) * scene.view.k;
    }
    scene.show(this.arrangement);
  }

  placeOf(item) {
    return this.arrangement && (this.arrangement.places.get(item) || null);
  }

  fit() {
    const { w, h } = this.scene.size, { w: width, h: height } = this.arrangement;
    const k = Math.min(w / width, h / height, 1.25);
    this.scene.look({ k, x: (w - width * k) / 2, y: (h - height * k) / 2 });
  }

  /** The whole graph if it can be read then, else its beginning. */
  openView() {
    this.fit();
    const { boxes, w: width } = this.arrangement, { w } = this.scene.size, k = 0.8;
    if (this.scene.view.k >= READABLE || !boxes.length) return;
    const top = boxes.reduce((a, b) => (b.y < a.y ? b : a));
    const middle = k * width < w ? width / 2 : top.x + top.w / 2;
    this.scene.look({ k, x: w / 2 - k * middle, y: 0 });
  }

  zoom(factor, x = this.scene.size.w / 2, y = this.scene.size.h / 2) {
    const { view } = this.scene, k = Math.min(SCALES[1], Math.max(SCALES[0], view.k * factor));
    this.scene.look({ k, x: x - ((x - view.x) * k) / view.k, y: y - ((y - view.y) * k) / view.k });
  }

  pan(dx, dy) {
    const { view } = this.scene;
    this.scene.look({ ...view, x: view.x + dx, y: view.y + dy });
  }

  /** Bring an item into the middle, near enough to be read. */
  centre(item) {
    const place = this.placeOf(item), { w, h } = this.scene.size;
    if (!place) return;
    const k = Math.max(this.scene.view.k, 0.8);
    this.scene.look({ k, x: w / 2 - k * (place.x + place.w / 2), y: h / 2 - k * (place.y + Math.min(place.h, h / k) / 2) });
  }

  // -- folding --------------------------------------------------------------------------------------------------------

  toggle(item) {
    const frame = item - this.graph.nodes.length;
    if (!this.closed.delete(frame)) this.closed.add(frame);
    this.arrange(item);
    this.scene.elementOf(item)?.focus({ preventScroll: true });
  }

  foldAll() {
    this.graph.frames.forEach((frame, f) => { if (frame.depth > 0) this.closed.add(f); });
    this.arrange();
    this.fit();
  }

  unfoldLevel() {
    for (const { item } of this.arrangement.boxes) if (this.graph.isFrame(item)) this.closed.delete(item - this.graph.nodes.length);
    this.arrange();
    this.fit();
  }

  /** Unfold all that an item is hidden in. */
  reveal(item) {
    let isHidden = false;
    for (let f = this.graph.around(item); f > 0; f = this.graph.frames[f].parent) {
      isHidden = this.closed.delete(f) || isHidden;
    }
    if (isHidden) this.arrange();
  }

  /** What is seen of an item: itself, or the folded box that it is in. */
  shown(item) {
    if (!this.graph.isFrame(item)) return this.arrangement.shownBy[item];
    return this.arrangement.shownBy[this.graph.frame(item).children.find((each) => !this.graph.isFrame(each))] ?? item;
  }

  goTo(item) {
    this.reveal(item);
    this.select(item);
    this.centre(item);
  }

  // -- searching ------------------------------------------------------------------------------------------------------

  search(text) {
    const wanted = text.trim().toLowerCase();
    this.matches = wanted ? this.itemsWith(wanted) : [];
    this.at = -1;
    this.markMatches();
    const seen = this.matches.find((item) => this.placeOf(item));
    if (seen !== undefined) this.centre(seen);
    this.scene.redraw();
    this.tellFound(wanted);
  }

  itemsWith(wanted) {
    this.searched ||= [...this.graph.nodes.keys(), ...this.graph.frames.keys()].map((_, item) => this.searchable(item));
    const found = [];
    this.searched.forEach((text, item) => { if (text.includes(wanted)) found.push(item); });
    const order = (item) => (this.graph.isFrame(item) ? this.graph.frame(item).order - 0.5 : item);
    return found.sort((a, b) => order(a) - order(b));
  }

  /** All that an item can be found by. */
  searchable(item) {
    if (item === this.graph.nodes.length) return ""; // the page
    const { title, facts } = this.graph.texts(item);
    if (this.graph.isFrame(item)) return [title, this.graph.modules[this.graph.frame(item).module]?.path].join("\n").toLowerCase();
    const node = this.graph.nodes[item];
    const names = node.values.map((value) => value.name || "");
    return [title, node.label, ...names, ...facts, ...(node.source || [])].join("\n").toLowerCase();
  }

  markMatches() {
    this.matched = new Set(this.matches.map((item) => (this.placeOf(item) ? item : this.shown(item))));
  }

  goToMatch(by) {
    const count = this.matches.length;
    if (!count) return;
    this.at = this.at < 0 && by < 0 ? count - 1 : (this.at + by + count) % count;
    this.goTo(this.matches[this.at]);
    this.tellFound($("search").value);
  }

  tellFound(wanted) {
    const count = this.matches.length;
    if (!wanted) $("found").textContent = "";
    else $("found").textContent = this.at < 0 ? `${count} found` : `${this.at + 1} of ${count}`;
  }

  // -- steps ----------------------------------------------------------------------------------------------------------

  goToStep(step) {
    this.step = step === null ? null : Math.max(0, Math.min(this.steps.count, step));
    $("step").value = this.step ?? 0;
    $("leave").hidden = this.step === null;
    this.selected = null;
    const here = this.here();
    if (here !== null && (this.scene.isFar || !this.isInView(here))) this.centre(here);
    this.scene.redraw();
    this.tell();
  }

  /** The box that the step is at. */
  here() {
    const node = this.step === null ? null : this.steps.at(this.step);
    return node === null ? null : this.arrangement.shownBy[node];
  }

  isInView(item) {
    const place = this.placeOf(item), area = this.scene.seen(-0.05);
    return place && place.x >= area.left && place.x + place.w <= area.right && place.y >= area.top && place.y + place.h <= area.bottom;
  }

  stepText() {
    const { steps, step } = this;
    if (step === null) return Object.entries(steps.lengths).map(([name, count]) => `${count} ${name}`).join(", ");
    if (step === 0) return "before the first operation";
    const { name, at } = steps.phase(step);
    return `${name} ${at} of ${steps.lengths[name]}: ${this.graph.title(steps.at(step))}`;
  }

  // -- what an element looks like -------------------------------------------------------------------------------------

  decorate(element, item, link) {
    if (link) this.decorateLink(element, link);
    else {
      element.classList.toggle("match", this.matched.has(item));
      element.classList.toggle("selected", item === this.selected);
      if (this.step !== null && element.classList.contains("box")) this.decorateStep(element, item);
    }
  }

  decorateLink(element, link) {
    const { selected } = this;
    element.classList.toggle("near", selected !== null && (link.source === selected || link.target === selected));
    if (this.step === null) return;
    const flowing = this.steps.flowing(this.step);
    element.classList.toggle("flow", link.edges.some((e) => flowing.includes(e)));
    element.classList.toggle("unknown", !link.edges.some((e) => this.steps.isKnown(this.graph.edges[e].source, this.step)));
  }

  decorateStep(element, item) {
    const { steps, step } = this;
    element.classList.toggle("here", item === this.here());
    if (this.graph.isFrame(item)) {
      const { operations } = this.graph.frame(item);
      element.classList.toggle("unknown", operations.length > 0 && !operations.some((i) => steps.isKnown(i, step)));
      return;
    }
    element.classList.toggle("unknown", !steps.isKnown(item, step));
    const [arrived, all] = steps.contributions(item, step);
    if (!arrived) return;
    element.classList.add(arrived === all ? "complete" : "partial");
    const text = all > 1 ? `\u2207 ${arrived}/${all}` : "\u2207", w = this.scene.widthOf(text) + 10;
    const place = this.placeOf(item);
    element.append(this.scene.make("g", { class: "badge", transform: `translate(${place.w - w + 6} -8)` },
      this.scene.make("rect", { width: w, height: 14, rx: 7 }), this.scene.text(w / 2, 11, text, "line")));
  }

  // -- what is told ---------------------------------------------------------------------------------------------------

  select(item) {
    this.selected = item;
    this.scene.redraw();
    this.tell();
  }

  tell() {
    $("told").textContent = this.stepText();
    const parts = [];
    if (this.step !== null) parts.push(...this.aboutStep());
    if (this.selected !== null) parts.push(...this.about(this.selected));
    $("panel").replaceChildren(...(parts.length ? parts : legend()));
  }

  about(item) {
    const { title, facts } = this.graph.texts(item);
    const parts = [made("h2", {}, title), made("ul", { className: "facts" }, ...facts.map((fact) => made("li", {}, fact)))];
    const marks = this.graph.marks(item), modules = this.path(item);
    if (marks.length) parts.push(made("p", { className: "marks" }, marks.join(", ")));
    if (modules) parts.push(made("p", { className: "quiet" }, `in ${modules}`));
    if (this.graph.isFrame(item)) {
      const isClosed = this.closed.has(item - this.graph.nodes.length);
      parts.push(made("p", { className: "quiet" }, `${this.graph.frame(item).operations.length} operations`));
      parts.push(made("button", { onclick: () => this.toggle(item) }, isClosed ? "Unfold" : "Fold"));
      return parts;
    }
    const { operands, uses } = this.graph;
    parts.push(...this.edgeList("Takes", operands[item], "source"), ...this.edgeList("Used by", uses[item], "target"));
    return parts;
  }

  /** The Modules around an item. */
  path(item) {
    const titles = [];
    for (let f = this.graph.around(item); f > 0; f = this.graph.frames[f].parent) titles.push(this.graph.title(this.graph.itemOf(f)));
    return titles.reverse().join(" \u203a ");
  }

  edgeList(title, numbers, end) {
    if (!numbers.length) return [];
    const items = numbers.slice(0, 30).map((number) => {
      const edge = this.graph.edges[number];
      const line = made("li", {}, `${edge.operand} `, made("button", { onclick: () => this.goTo(edge[end]) }, this.graph.title(edge[end])));
      if (edge.derivative) line.append(made("code", {}, edge.derivative));
      return line;
    });
    if (numbers.length > 30) items.push(made("li", {}, `and ${numbers.length - 30} more`));
    return [made("h3", {}, title), made("ul", {}, ...items)];
  }

  aboutStep() {
    const { steps, step, graph } = this, node = steps.at(step);
    if (node === null) return [made("h2", {}, "before the first operation"), made("p", {}, "Inputs and parameters are known.")];
    const parts = [made("h2", {}, `${steps.phase(step).name}: ${graph.title(node)}`)];
    if (this.arrangement.shownBy[node] !== node) parts.push(made("p", { className: "quiet" }, `in ${this.path(node)}`));
    parts.push(made("ul", { className: "facts" }, ...graph.texts(node).facts.map((fact) => made("li", {}, fact))));
    if (!steps.isBackward(step)) return [...parts, ...this.edgeList("Takes", graph.operands[node], "source")];
    parts.push(made("h3", {}, "Gradients handed on"));
    parts.push(made("ul", {}, ...steps.flowing(step).map((number) => this.handedOn(number, step))));
    return parts;
  }

  /** A gradient that an operation hands to an operand, and which of the contributions to it that is. */
  handedOn(number, step) {
    const { source, operand, derivative, loop } = this.graph.edges[number];
    const [arrived, all] = this.steps.contributions(source, step);
    const line = made("li", {}, `to ${operand}: `, made("button", { onclick: () => this.goTo(source) }, this.graph.title(source)));
    if (derivative) line.append(made("code", {}, derivative));
    if (loop) line.append(made("p", { className: "quiet" }, "in the round before"));
    else if (all > 1) line.append(made("p", { className: "quiet" }, `adds up: ${arrived} of ${all} contributions have arrived`));
    return line;
  }

  hintOf(element) {
    if (element.dataset.item !== undefined) {
      const item = Number(element.dataset.item), { title, facts } = this.graph.texts(item);
      const derivatives = this.graph.isFrame(item) ? [] : this.graph.operands[item].map((e) => this.graph.edges[e].derivative);
      return [title, ...facts, ...derivatives.filter(Boolean), this.graph.marks(item).join(", ")];
    }
    const [number, ...others] = this.arrangement.links[Number(element.dataset.link)].edges;
    const edge = this.graph.edges[number];
    return [
      `${this.graph.title(edge.source)} \u2192 ${this.graph.title(edge.target)}`,
      [this.graph.label(number), `operand ${edge.operand}`].filter(Boolean).join(", "),
      ...this.graph.texts(edge.source).lines.slice(0, 3), edge.derivative || "",
      edge.loop ? "to the next round" : "", (edge.marks || []).join(", "),
      others.length ? `and ${others.length} more` : "",
    ];
  }

  showHint(element, x, y) {
    const [title, ...lines] = this.hintOf(element);
    const hint = $("hint");
    hint.replaceChildren(made("b", {}, title), ...lines.filter(Boolean).map((line) => made("div", {}, line)));
    hint.hidden = false;
    const { w, h } = this.scene.size;
    hint.style.left = `${Math.max(4, Math.min(x + 14, w - hint.offsetWidth - 8))}px`;
    hint.style.top = `${y + 18 + hint.offsetHeight > h ? Math.max(4, y - hint.offsetHeight - 10) : y + 18}px`;
  }

  hideHint() {
    $("hint").hidden = true;
  }

  // -- events ---------------------------------------------------------------------------------------------------------

  listen() {
    this.listenToPointer();
    this.listenToTools();
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("beforeprint", () => this.scene.crop());
    addEventListener("afterprint", () => this.scene.redraw());
    new ResizeObserver(() => this.scene.redraw()).observe($("stage"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.scene.redraw());
  }

  listenToPointer() {
    const svg = $("picture");
    let last = null, moved = 0;
    svg.addEventListener("pointerdown", (event) => { last = [event.clientX, event.clientY]; moved = 0; });
    svg.addEventListener("pointermove", (event) => {
      if (!last || !(event.buttons & 1)) return;
      const dx = event.clientX - last[0], dy = event.clientY - last[1];
      moved += Math.abs(dx) + Math.abs(dy);
      last = [event.clientX, event.clientY];
      if (moved < 4) return;
      if (!svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
      this.hideHint();
      this.pan(dx, dy);
    });
    svg.addEventListener("pointerup", () => { last = null; });
    svg.addEventListener("click", (event) => { if (moved < 4) this.click(event); });
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { left, top } = svg.getBoundingClientRect();
      this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - left, event.clientY - top);
    }, { passive: false });
    svg.addEventListener("pointerover", (event) => {
      const element = event.target.closest("[data-item], [data-link]"), { left, top } = svg.getBoundingClientRect();
      if (element) this.showHint(element, event.clientX - left, event.clientY - top);
      else this.hideHint();
    });
    svg.addEventListener("pointerleave", () => this.hideHint());
    svg.addEventListener("focusin", (event) => this.hintBeside(event.target));
    svg.addEventListener("focusout", () => this.hideHint());
  }

  hintBeside(element) {
    if (!element.matches?.("[data-item]:focus-visible")) return;
    const box = element.getBoundingClientRect(), stage = $("stage").getBoundingClientRect();
    this.showHint(element, box.left - stage.left, box.bottom - stage.top - 12);
  }

  click(event) {
    this.hideHint();
    if (this.scene.isFar) {
      const { left, top } = $("picture").getBoundingClientRect();
      const box = this.scene.boxAt(event.clientX - left, event.clientY - top);
      if (box) this.goTo(box.item);
      else this.zoom(4, event.clientX - left, event.clientY - top);
      return;
    }
    const element = event.target.closest("[data-item]");
    if (element) this.act(element);
    else if (this.selected !== null) this.select(null);
  }

  /** What a click or Enter on a box does. */
  act(element) {
    const item = Number(element.dataset.item);
    if (element.classList.contains("reference")) this.goTo(item);
    else if (this.graph.isFrame(item)) this.toggle(item);
    else this.select(item);
  }

  listenToTools() {
    const step = (by) => this.goToStep((this.step ?? 0) + by);
    const onClick = {
      fit: () => this.fit(), larger: () => this.zoom(1.4), smaller: () => this.zoom(1 / 1.4), theme: () => this.switchTheme(),
      fold: () => this.foldAll(), unfold: () => this.unfoldLevel(),
      first: () => this.goToStep(0), before: () => step(-1), next: () => step(1), last: () => this.goToStep(this.steps.count),
      leave: () => this.goToStep(null), "found-next": () => this.goToMatch(1), "found-before": () => this.goToMatch(-1),
    };
    for (const [id, action] of Object.entries(onClick)) $(id).addEventListener("click", action);
    this.keys = {
      f: onClick.fit, "+": onClick.larger, "=": onClick.larger, "-": onClick.smaller, d: onClick.theme, u: onClick.unfold,
      n: onClick.next, p: onClick.before, Home: onClick.first, End: onClick.last, "/": () => $("search").focus(),
      Escape: () => (this.selected === null ? this.goToStep(null) : this.select(null)),
    };
    $("step").max = this.steps.count;
    $("step").addEventListener("input", () => this.goToStep(Number($("step").value)));
    $("search").addEventListener("input", () => this.search($("search").value));
    $("search").addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.goToMatch(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") { $("search").value = ""; this.search(""); $("search").blur(); }
    });
    this.tellTheme();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "INPUT") return;
    const element = document.activeElement?.closest?.("[data-item]");
    if (element && (event.key === "Enter" || event.key === " ")) this.act(element);
    else if (event.key.startsWith("Arrow")) this.arrow(event.key.slice(5), element);
    else if (this.keys[event.key]) this.keys[event.key]();
    else return;
    event.preventDefault();
  }

  /** From a box along its lines up and down, or to the next one beside it; else move the picture. */
  arrow(direction, element) {
    const moves = { Up: [0, 60], Down: [0, -60], Left: [60, 0], Right: [-60, 0] };
    if (!element) return this.pan(...moves[direction]);
    const next = this.neighbour(Number(element.dataset.item), direction);
    if (next === undefined) return undefined;
    if (!this.isInView(next)) this.centre(next);
    return this.scene.elementOf(next)?.focus({ preventScroll: true });
  }

  neighbour(item, direction) {
    const { links, boxes } = this.arrangement, place = this.placeOf(item);
    if (direction === "Up") return links.find((link) => link.target === item && link.source !== item)?.source;
    if (direction === "Down") return links.find((link) => link.source === item && link.target !== item)?.target;
    const sign = direction === "Left" ? -1 : 1;
    const beside = boxes.filter((box) => sign * (box.x - place.x) > 0 && box.y < place.y + place.h && box.y + box.h > place.y);
    return beside.sort((a, b) => sign * (a.x - b.x))[0]?.item;
  }

  // -- colours --------------------------------------------------------------------------------------------------------

  get isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  switchTheme() {
    document.documentElement.dataset.theme = this.isDark ? "light" : "dark";
    this.tellTheme();
    this.scene.redraw();
  }

  tellTheme() {
    $("theme").setAttribute("aria-pressed", String(this.isDark));
  }
}

/** An element with properties and children; texts are texts, whatever stands in them. */
function made(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function legend() {
  const kinds = [["op", "operation"], ["leaf", "input or parameter, which gets a gradient"], ["output", "output"], ["group", "folded Module: click to unfold"], ["repeat", "repeated block, its state as a loop"]];
  const keys = [["click", "a box: about it; a Module: fold, unfold"], ["drag, wheel", "move, zoom"], ["/", "search"], ["n  p", "step on, back"], ["f  +  -", "fit, zoom"], ["u", "unfold a level"], ["d", "light or dark"], ["Tab, arrows, Enter", "from box to box"], ["Esc", "leave"]];
  return [
    made("h3", {}, "Boxes"), made("ul", { className: "legend" }, ...kinds.map(([name, text]) => made("li", {}, made("i", { className: name }), text))),
    made("h3", {}, "Keys"), made("dl", {}, ...keys.flatMap(([key, text]) => [made("dt", {}, key), made("dd", {}, text)])),
  ];
}

window.viewer = new Viewer(JSON.parse($("graph").textContent));
document.documentElement.dataset.opened = Math.round(performance.now());
