/* The steps of a run: each operation forward, in the order in which they were computed; then each backward, in reverse
 * order, where it hands a gradient to each of its operands. Gradients that reach a value on several ways add up.
 *
 * Where the graph has the backward pass as operations of its own, these are steps like others.
 */

class Steps {
  constructor(graph) {
    this.graph = graph;
    this.forward = [];
    graph.nodes.forEach((node, i) => { if (isOperation(node)) this.forward.push(i); });
    this.learns = this.findLearning();
    const isDrawn = graph.nodes.some((node) => node.side === "backward");
    this.backward = isDrawn ? [] : this.forward.filter((i) => this.learns[i]).reverse();
    this.forwardStep = stepsOf(this.forward, 1, graph.nodes.length);
    this.backwardStep = stepsOf(this.backward, 1 + this.forward.length, graph.nodes.length);
    this.count = this.forward.length + this.backward.length;
    const drawn = this.forward.filter((i) => graph.nodes[i].side === "backward").length;
    this.lengths = { forward: this.forward.length - drawn, backward: this.backward.length + drawn };
  }

  /** Whether a step is one of the forward or the backward pass, and which. */
  phase(step) {
    const { forward } = this.lengths;
    return step > forward ? { name: "backward", at: step - forward } : { name: "forward", at: step };
  }

  /** Which nodes get a gradient: outputs, and operands of operations that get one. */
  findLearning() {
    const { nodes, edges, uses } = this.graph;
    const learns = new Uint8Array(nodes.length);
    for (let i = nodes.length - 1; i >= 0; i--) {
      const isFixed = nodes[i].kind === "constant" || nodes[i].kind === "reference" || has(nodes[i], "detached");
      if (!isFixed) learns[i] = this.graph.isOutput(i) || uses[i].some((e) => learns[edges[e].target]) ? 1 : 0;
    }
    return learns;
  }

  /** The operation that a step is at; null before the first. */
  at(step) {
    if (step < 1) return null;
    return step <= this.forward.length ? this.forward[step - 1] : this.backward[step - 1 - this.forward.length];
  }

  /** Whether the operation of a step hands on gradients, rather than being computed. */
  isBackward(step) {
    return step > this.forward.length;
  }

  /** Whether a value is computed; what takes a value without computing, such as the gradient of a leaf, has it then. */
  isKnown(i, step) {
    const { nodes, edges, operands } = this.graph;
    if (isOperation(nodes[i])) return this.forwardStep[i] <= step;
    return operands[i].every((e) => this.forwardStep[edges[e].source] <= step);
  }

  /** Along which edges the operation of a backward step hands on gradients. */
  flowing(step) {
    const { edges, operands } = this.graph;
    return this.isBackward(step) ? operands[this.at(step)].filter((e) => this.learns[edges[e].source]) : [];
  }

  /** How many of the contributions to a value's gradient there are, and how many have arrived: [arrived, all]. */
  contributions(i, step) {
    const { edges, uses } = this.graph;
    if (!this.learns[i] || !this.backward.length) return [0, 0];
    const ways = uses[i].filter((e) => !edges[e].loop && this.backwardStep[edges[e].target]);
    const arrived = ways.filter((e) => this.backwardStep[edges[e].target] <= step).length;
    const seed = this.graph.isOutput(i) ? 1 : 0; // the output's own gradient, which is 1
    return [arrived + (this.isBackward(step) ? seed : 0), ways.length + seed];
  }
}

function has(node, mark) {
  return Boolean(node.marks && node.marks.includes(mark));
}

/** For each node its step; 0 for one that has none. */
function stepsOf(order, first, count) {
  const steps = new Int32Array(count);
  order.forEach((i, number) => { steps[i] = first + number; });
  return steps;
}
