/* What is told of a graph in words: in the panel at the side, and in the hint beside the pointer. */

const MOST_EDGES = 30; // of a node that are listed

class Panel {
  /** The viewer is asked to go to items and to fold them. */
  constructor(viewer) {
    this.viewer = viewer;
    ({ graph: this.graph, steps: this.steps } = viewer);
  }

  show(item, step) {
    const parts = [...(step === null ? [] : this.aboutStep(step)), ...(item === null ? [] : this.about(item))];
    $("panel").replaceChildren(...(parts.length ? parts : [$("legend").content.cloneNode(true)]));
  }

  about(item) {
    const { graph } = this, { title, facts } = graph.texts(item), marks = graph.marks(item);
    const parts = [made("h2", {}, title), listOf(facts)];
    if (marks.length) parts.push(made("p", { className: "marks" }, marks.join(", ")));
    parts.push(...this.surroundings(item));
    if (graph.isFrame(item)) return [...parts, ...this.aboutFrame(item)];
    parts.push(...this.edges("Takes", graph.operands[item], "source"));
    parts.push(...this.edges("Used by", graph.uses[item], "target"));
    return parts;
  }

  aboutFrame(item) {
    const count = this.graph.frame(item).operations.length;
    const action = this.viewer.isFolded(item) ? "Unfold" : "Fold";
    const button = made("button", { onclick: () => this.viewer.toggle(item) }, action);
    return [quiet(`${count} ${count === 1 ? "operation" : "operations"}`), button];
  }

  /** The Modules around an item. */
  surroundings(item) {
    const titles = this.graph.framesAround(item).map((frame) => this.graph.title(this.graph.itemOf(frame)));
    return titles.length ? [quiet(`in ${titles.reverse().join(" \u203a ")}`)] : [];
  }

  edges(title, numbers, end) {
    if (!numbers.length) return [];
    const items = numbers.slice(0, MOST_EDGES).map((number) => {
      const edge = this.graph.edges[number];
      const line = made("li", {}, `${edge.operand} `, this.link(edge[end]));
      if (edge.derivative) line.append(made("code", {}, edge.derivative));
      return line;
    });
    if (numbers.length > MOST_EDGES) items.push(made("li", {}, `and ${numbers.length - MOST_EDGES} more`));
    return [made("h3", {}, title), made("ul", {}, ...items)];
  }

  link(item) {
    return made("button", { onclick: () => this.viewer.goTo(item) }, this.graph.title(item));
  }

  aboutStep(step) {
    const { steps, graph } = this, node = steps.at(step);
    if (node === null) return [made("h2", {}, "before the first operation"), quiet("Inputs and parameters are known.")];
    const head = [made("h2", {}, `${steps.phase(step).name}: ${graph.title(node)}`)];
    head.push(...this.surroundings(node), listOf(graph.texts(node).facts));
    if (!steps.isBackward(step)) return [...head, ...this.edges("Takes", graph.operands[node], "source")];
    const handedOn = steps.flowing(step).map((number) => this.handedOn(number, step));
    return [...head, made("h3", {}, "Gradients handed on"), made("ul", {}, ...handedOn)];
  }

  /** A gradient that an operation hands to an operand, and which of the contributions to it that is. */
  handedOn(number, step) {
    const { source, operand, derivative, loop } = this.graph.edges[number];
    const [arrived, all] = this.steps.contributions(source, step);
    const line = made("li", {}, `to ${operand}: `, this.link(source));
    if (derivative) line.append(made("code", {}, derivative));
    if (loop) line.append(quiet("in the round before"));
    else if (all > 1) line.append(quiet(`adds up: ${arrived} of ${all} contributions have arrived`));
    return line;
  }

  // -- the hint -------------------------------------------------------------------------------------------------------

  /** A title and lines about a box, or about a line with the edges that it stands for. */
  hintOfItem(item) {
    const { graph } = this, { title, facts } = graph.texts(item);
    const operands = graph.isFrame(item) ? [] : graph.operands[item];
    const derivatives = operands.map((number) => graph.edges[number].derivative);
    return [title, ...facts, ...derivatives, graph.marks(item).join(", ")];
  }

  hintOfLink({ edges: [number, ...others] }) {
    const { graph } = this, edge = graph.edges[number];
    return [
      `${graph.title(edge.source)} \u2192 ${graph.title(edge.target)}`,
      [graph.label(number), `operand ${edge.operand}`].filter(Boolean).join(", "),
      ...graph.texts(edge.source).lines.slice(0, 3),
      edge.derivative,
      edge.loop ? "to the next round" : "",
      (edge.marks || []).join(", "),
      others.length ? `and ${others.length} more` : "",
    ];
  }

  showHint([title, ...lines], x, y, { w, h }) {
    const hint = $("hint"), shown = lines.filter(Boolean).map((line) => made("div", {}, line));
    hint.replaceChildren(made("b", {}, title), ...shown);
    hint.hidden = false;
    const isLow = y + 18 + hint.offsetHeight > h;
    hint.style.left = `${Math.max(4, Math.min(x + 14, w - hint.offsetWidth - 8))}px`;
    hint.style.top = `${isLow ? Math.max(4, y - hint.offsetHeight - 10) : y + 18}px`;
  }

  hideHint() {
    $("hint").hidden = true;
  }
}

function $(id) {
  return document.getElementById(id);
}

/** An element with properties and children; texts are texts, whatever stands in them. */
function made(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function quiet(text) {
  return made("p", { className: "quiet" }, text);
}

function listOf(texts) {
  return made("ul", {}, ...texts.map((text) => made("li", {}, text)));
}
