/* What the reader does: moves, folds, searches, points at things, goes through the steps. */

const MOST_AT_FIRST = 60; // boxes that the page opens with, if it can fold the others
const READABLE = 0.45; // the scale below which a graph is not shown whole when the page opens
const SCALES = [0.002, 4];

class Viewer {
  constructor(data) {
    this.graph = new Graph(data);
    this.steps = new Steps(this.graph);
    this.closed = foldedAtFirst(this.graph, MOST_AT_FIRST);
    this.panel = new Panel(this);
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

  // -- layout and view ----------------------------------------------------------------------------------------------

  /** Lay out anew; what is given stays at its place on the screen. */
  arrange(item = null) {
    const before = item === null ? null : this.placeOf(item);
    const { scene } = this;
    this.arrangement = new Arrangement(this.graph, this.closed, scene);
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

  /** Look at a place; a view of the whole stays one when the window changes. */
  look(view, isWhole = false) {
    this.isWhole = isWhole;
    this.scene.look(view);
  }

  fit() {
    const { w, h } = this.scene.size, { w: width, h: height } = this.arrangement;
    const k = Math.min(w / width, h / height, 1.25);
    this.look({ k, x: (w - width * k) / 2, y: (h - height * k) / 2 }, true);
  }

  /** The whole graph if it can be read then, else its beginning. */
  openView() {
    this.fit();
    const { boxes, w: width } = this.arrangement, { w } = this.scene.size, k = 0.8;
    if (this.scene.view.k >= READABLE || !boxes.length) return;
    const top = boxes.reduce((a, b) => (b.y < a.y ? b : a));
    const middle = k * width < w ? width / 2 : top.x + top.w / 2;
    this.look({ k, x: w / 2 - k * middle, y: 0 });
  }

  zoom(factor, x = this.scene.size.w / 2, y = this.scene.size.h / 2) {
    const { view } = this.scene, k = Math.min(SCALES[1], Math.max(SCALES[0], view.k * factor));
    this.look({ k, x: x - ((x - view.x) * k) / view.k, y: y - ((y - view.y) * k) / view.k });
  }

  pan(dx, dy) {
    const { view } = this.scene;
    this.look({ ...view, x: view.x + dx, y: view.y + dy });
  }

  /** Bring an item into the middle, near enough to be read. */
  centre(item) {
    const place = this.placeOf(item), { w, h } = this.scene.size;
    if (!place) return;
    const k = Math.max(this.scene.view.k, 0.8);
    const middle = { x: place.x + place.w / 2, y: place.y + Math.min(place.h, h / k) / 2 };
    this.look({ k, x: w / 2 - k * middle.x, y: h / 2 - k * middle.y });
  }

  // -- folding ------------------------------------------------------------------------------------------------------

  toggle(item) {
    const frame = this.graph.frameNumber(item);
    if (!this.closed.delete(frame)) this.closed.add(frame);
    this.arrange(item);
    this.scene.elementOf(item)?.focus({ preventScroll: true });
  }

  isFolded(item) {
    return this.closed.has(this.graph.frameNumber(item));
  }

  foldAll() {
    this.graph.frames.forEach((frame, f) => { if (frame.depth > 0) this.closed.add(f); });
    this.arrange();
    this.fit();
  }

  unfoldLevel() {
    for (const { item } of this.arrangement.boxes) this.closed.delete(this.graph.frameNumber(item));
    this.arrange();
    this.fit();
  }

  /** Unfold all that an item is hidden in. */
  reveal(item) {
    let isHidden = false;
    for (const frame of this.graph.framesAround(item)) isHidden = this.closed.delete(frame) || isHidden;
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

  // -- searching ----------------------------------------------------------------------------------------------------

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
    const { graph } = this, found = [];
    const length = graph.nodes.length + graph.frames.length;
    this.searched ||= Array.from({ length }, (_, item) => graph.searchable(item));
    this.searched.forEach((text, item) => { if (text.includes(wanted)) found.push(item); });
    const order = (item) => (graph.isFrame(item) ? graph.frame(item).order - 0.5 : item);
    return found.sort((a, b) => order(a) - order(b));
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

  // -- steps --------------------------------------------------------------------------------------------------------

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
    const place = this.placeOf(item);
    return place && contains(this.scene.seen(-0.05), sidesOf(place));
  }

  stepText() {
    const { steps, step } = this;
    if (step === null) return Object.entries(steps.lengths).map(([name, count]) => `${count} ${name}`).join(", ");
    if (step === 0) return "before the first operation";
    const { name, at } = steps.phase(step);
    return `${name} ${at} of ${steps.lengths[name]}: ${this.graph.title(steps.at(step))}`;
  }

  // -- what an element looks like -----------------------------------------------------------------------------------

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
    const isKnown = (e) => this.steps.isKnown(this.graph.edges[e].source, this.step);
    element.classList.toggle("unknown", !link.edges.some(isKnown));
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

  // -- what is told -------------------------------------------------------------------------------------------------

  select(item) {
    this.selected = item;
    this.scene.redraw();
    this.tell();
  }

  tell() {
    $("told").textContent = this.stepText();
    this.panel.show(this.selected, this.step);
  }

  // -- events -------------------------------------------------------------------------------------------------------

  listen() {
    this.listenToPointer();
    this.listenToTools();
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("beforeprint", () => this.scene.crop());
    addEventListener("afterprint", () => this.scene.redraw());
    new ResizeObserver(() => (this.isWhole ? this.fit() : this.scene.redraw())).observe($("stage"));
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
      this.panel.hideHint();
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
      if (element) this.hint(element, event.clientX - left, event.clientY - top);
      else this.panel.hideHint();
    });
    svg.addEventListener("pointerleave", () => this.panel.hideHint());
    svg.addEventListener("focusin", (event) => this.hintBeside(event.target));
    svg.addEventListener("focusout", () => this.panel.hideHint());
  }

  hintBeside(element) {
    if (!element.matches?.("[data-item]:focus-visible")) return;
    const box = element.getBoundingClientRect(), stage = $("stage").getBoundingClientRect();
    this.hint(element, box.left - stage.left, box.bottom - stage.top - 12);
  }

  hint({ dataset: { item, link } }, x, y) {
    const { panel, arrangement } = this;
    const told = item === undefined ? panel.hintOfLink(arrangement.links[link]) : panel.hintOfItem(Number(item));
    panel.showHint(told, x, y, this.scene.size);
  }

  click(event) {
    this.panel.hideHint();
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
      fit: () => this.fit(),
      larger: () => this.zoom(1.4),
      smaller: () => this.zoom(1 / 1.4),
      theme: () => this.switchTheme(),
      fold: () => this.foldAll(),
      unfold: () => this.unfoldLevel(),
      first: () => this.goToStep(0),
      before: () => step(-1),
      next: () => step(1),
      last: () => this.goToStep(this.steps.count),
      leave: () => this.goToStep(null),
      "found-next": () => this.goToMatch(1),
      "found-before": () => this.goToMatch(-1),
    };
    for (const [id, action] of Object.entries(onClick)) $(id).addEventListener("click", action);
    this.keys = {
      "/": () => $("search").focus(),
      "+": onClick.larger,
      "=": onClick.larger,
      "-": onClick.smaller,
      f: onClick.fit,
      d: onClick.theme,
      u: onClick.unfold,
      n: onClick.next,
      p: onClick.before,
      Home: onClick.first,
      End: onClick.last,
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
    const sign = direction === "Left" ? -1 : 1, row = { ...sidesOf(place), left: -Infinity, right: Infinity };
    const beside = boxes.filter((box) => sign * (box.x - place.x) > 0 && touches(box, row));
    return beside.sort((a, b) => sign * (a.x - b.x))[0]?.item;
  }

  // -- colours ------------------------------------------------------------------------------------------------------

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

window.viewer = new Viewer(JSON.parse($("graph").textContent));
document.documentElement.dataset.opened = Math.round(performance.now());
