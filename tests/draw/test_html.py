"""The page of a graph, as text and in a real browser: Debian's chromium, or whichever is installed."""

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from autograd_lite.draw.graph import Edge, Graph, ModuleInfo, Node, Source, Summary, Value
from autograd_lite.draw.html import to_html
from autograd_lite.draw.records import to_records
from autograd_lite.draw.themes import DARK, LIGHT

SHAPE = (2, 3)
BLOCK = "\N{MULTIPLICATION SIGN} 64"
HARM = "</script><script>window.harm = 1</script><!-- & \" ' \\ \u2028"


def node(id, label, kind="op", module=None, name=None, is_output=False, **options):
    data = Summary(6, -1.5, 2.5, 0.25, 3.0, 0.5)
    return Node(id, kind, label, (Value(SHAPE, "float32", name, None, is_output, data),), module=module, **options)


# x -> [Net: [first Linear: matmul(weight)] (x 64: [matmul(w), tanh -> next round]) multiply by itself] sum
NET = Graph(
    (
        node(0, "leaf", "leaf", name="x"),
        node(1, "leaf", "leaf", module=1, name="first.weight"),
        node(2, "matmul", module=1, source=Source("net.py", 12, "forward", "h = x @ self.weight")),
        node(3, "leaf", "leaf", module=2, name="w"),
        node(4, "matmul", module=2),
        node(5, "tanh", module=2, name="h", saved_bytes=2048, marks=frozenset({"saved"})),
        node(6, "multiply", module=0),
        node(7, "sum", is_output=True),
    ),
    (
        *(Edge(0, 2, "a"), Edge(1, 2, "b", derivative="dL/dW = xᵀ g"), Edge(2, 4, "a"), Edge(3, 4, "b")),
        *(Edge(5, 4, "a", loop=True), Edge(4, 5, "x", derivative="(1 - y²) g"), Edge(5, 6, "a", derivative="b g")),
        *(Edge(5, 6, "b", derivative="a g"), Edge(6, 7, "x")),
    ),
    (ModuleInfo("", "Net", None, 18), ModuleInfo("first", "Linear", 0, 9), ModuleInfo("", "", 0, repeat=64)),
)


def flat(count):
    """Operations that fold into nothing, each on two of the last twenty."""
    nodes = tuple(
        node(i, "add" if i else "leaf", "op" if i else "leaf", is_output=i == count - 1) for i in range(count)
    )
    edges = (Edge(max(0, i - 1 - (i * k) % 20), i, name) for i in range(1, count) for k, name in ((7, "a"), (3, "b")))
    return Graph(nodes, tuple(edges))


# -- as text -----------------------------------------------------------------------------------------------------------


def known(page):
    """What the page holds as data."""
    return json.loads(re.search(r'<script id="graph" type="application/json">(.*?)</script>', page, re.DOTALL)[1])


def test_the_page_holds_the_graph_and_every_word_once():
    data = known(to_html(NET))
    assert data["graph"] == json.loads(json.dumps(to_records(NET)))
    words = data["words"]
    assert len(set(words)) == len(words)
    title, box, facts = data["nodes"][5]
    assert (words[title], [words[each] for each in box]) == ("h = tanh", ["(2, 3)"])
    assert [words[each] for each in facts] == ["(2, 3)", "-1.5 to 2.5, mean 0.25, 50% zero", "saves 2.05 kB"]
    assert [words[title] for title, *_ in data["modules"]] == ["Net", "first: Linear", BLOCK]
    assert [words[each] for each in data["modules"][0][2]] == ["18 parameters", "saves 2.05 kB"]


def test_detail_is_what_stands_in_the_boxes():
    data = known(to_html(NET, detail="costs"))
    assert [data["words"][each] for each in data["nodes"][5][1]] == ["(2, 3)", "saves 2.05 kB"]


def test_the_same_graph_gives_the_same_page():
    assert to_html(NET) == to_html(replace(NET))


def test_the_page_needs_nothing_else():
    page = to_html(NET, "Net")
    assert not re.search(r"https?:|\b(src|href)=|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "{{" not in page.split("<script")[0]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_the_page_opens_in_a_theme(theme):
    assert f'<html lang="en" data-theme="{theme.name}">' in to_html(NET, theme=theme)
    assert '<html lang="en">' in to_html(NET)


def harmful():
    nodes = tuple(replace(each, label=HARM, values=(replace(each.values[0], name=HARM),)) for each in NET.nodes)
    return Graph(nodes, NET.edges, tuple(replace(each, path=HARM, label=HARM) for each in NET.modules))


def test_names_are_only_text():
    page = to_html(harmful(), HARM)
    assert known(page)["graph"]["nodes"][0]["label"] == HARM
    assert page.count("<script") == page.count("</script>") == 2
    assert "<!--" not in page


# -- in a browser ------------------------------------------------------------------------------------------------------

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
in_browser = pytest.mark.skipif(BROWSER is None, reason="there is no chromium")

COLLECT = """<script>
window.errors = [];
window.addEventListener("error", (event) => errors.push(String(event.message)));
window.addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));
window.addEventListener("securitypolicyviolation", (event) => errors.push(event.violatedDirective));
console.error = console.warn = (...told) => errors.push(told.join(" "));
</script>"""
HELP = """
const all = (selector) => [...document.querySelectorAll(selector)];
const texts = (selector) => all(selector).map((element) => element.textContent);
const titles = () => texts("#world .box .title").sort();
const box = (title) => all("#world .box").find((each) => each.querySelector(".title")?.textContent === title);
const panel = () => document.getElementById("panel").textContent;
const press = (key, element = document.body) =>
  element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const click = (element) => element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
const point = (element) => {
  element.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, clientX: 200, clientY: 200 }));
  return document.getElementById("hint").textContent;
};
const write = (id, value) => {
  document.getElementById(id).value = value;
  document.getElementById(id).dispatchEvent(new Event("input", { bubbles: true }));
};
const found = () => document.getElementById("found").textContent;
const told = () => document.getElementById("told").textContent;
const place = () => document.getElementById("world").getAttribute("transform");
const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
const overlaps = () => {
  const shapes = all("#world .box > .shape").map((shape) => shape.getBoundingClientRect());
  return shapes.filter((a, i) => shapes.some((b, j) => i !== j && overlap(a, b))).length;
};
const cutTexts = () => all("#world .box text").filter((text) => {
  const shape = text.parentNode.querySelector(".shape").getBoundingClientRect(), inner = text.getBoundingClientRect();
  return inner.left < shape.left || inner.right > shape.right || inner.bottom > shape.bottom + 1;
}).map((text) => text.textContent);
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """run(page, script): what a script returns that is run in a page, and the errors that were told."""
    folder = tmp_path_factory.mktemp("browser")

    def run(page, script, *options):
        script = f"{HELP} const run = () => {{ {script} }};"
        finish = "document.body.dataset.result = JSON.stringify([run(), window.errors]);"
        scripts = f"<script>{{ {script} {finish} }}</script></body>"
        file = folder / "page.html"
        file.write_text(page.replace("<head>", f"<head>{COLLECT}", 1).replace("</body>", scripts), encoding="utf-8")
        command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}", *options]
        command += ["--window-size=1200,800", "--dump-dom", file.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        match = re.search(r'data-result="([^"]*)"', done.stdout)
        assert match, "the script did not come to its end"
        result, errors = json.loads(html.unescape(match[1]))
        assert errors == []
        return result

    return run


FOLDED = ["first: Linear", "multiply", "sum", "x", BLOCK]
UNFOLDED = ["first.weight", "h = tanh", "matmul", "matmul", "multiply", "sum", "w", "x"]


@in_browser
def test_folding(run):
    seen = run(
        to_html(NET),
        """
        const seen = { first: titles(), frames: texts("#world .head .line"), loops: all(".link.loop").length };
        seen.links = all(".link").length;
        document.getElementById("fold").click();
        seen.folded = titles();
        press("u");
        seen.level = titles();
        seen.selfLoop = all(".link.loop").length;
        const before = box("first: Linear").getBoundingClientRect();
        click(box("first: Linear"));
        const head = all(".head").find((each) => each.textContent.includes("first"));
        const after = head.getBoundingClientRect();
        seen.stays = Math.hypot(after.left - before.left, after.top - before.top) < 8;
        seen.clicked = titles();
        click(head);
        document.querySelector(".folded.repeat").focus();
        press("Enter", document.activeElement);
        seen.key = titles();
        seen.focus = document.activeElement.getAttribute("aria-label");
        seen.overlaps = overlaps();
        seen.cut = cutTexts();
        return seen;
        """,
    )
    assert seen["first"] == UNFOLDED
    assert seen["frames"] == ["Net", "first: Linear", BLOCK]
    assert (seen["loops"], seen["links"]) == (1, len(NET.edges))
    assert seen["folded"] == ["Net", "sum", "x"]
    assert seen["level"] == FOLDED
    assert seen["selfLoop"] == 1
    assert seen["stays"]
    assert seen["clicked"] == ["first.weight", "matmul", "multiply", "sum", "x", BLOCK]
    assert seen["key"] == ["first: Linear", "h = tanh", "matmul", "multiply", "sum", "w", "x"]
    assert seen["focus"] == f"Fold {BLOCK}"
    assert (seen["overlaps"], seen["cut"]) == (0, [])


@in_browser
def test_searching_and_pointing(run):
    seen = run(
        to_html(NET),
        """
        document.getElementById("fold").click();
        const seen = {}, search = document.getElementById("search");
        write("search", "MATMUL");
        seen.found = [found(), titles(), texts(".match .title")];
        press("Enter", search);
        seen.next = [found(), panel(), texts(".selected .title")];
        press("Enter", search);
        press("Enter", search);
        press("Enter", search);
        seen.around = found();
        write("search", "self.weight");
        seen.line = found();
        write("search", "nowhere");
        seen.none = found();
        press("Escape", search);
        seen.left = [found(), all(".match").length];
        seen.node = point(box("h = tanh"));
        seen.link = point(all(".link").find((link) => point(link).includes("first.weight")));
        press("Escape");
        box("matmul").focus();
        press("ArrowUp", document.activeElement);
        seen.focus = document.activeElement.textContent;
        return seen;
        """,
    )
    assert seen["found"] == ["2 found", ["Net", "sum", "x"], ["Net"]]
    assert seen["next"][0] == "1 of 2"
    assert all(part in seen["next"][1] for part in ("net.py:12 h = x @ self.weight", "first.weight", "dL/dW = xᵀ g"))
    assert seen["next"][2] == ["matmul"]
    assert (seen["around"], seen["line"], seen["none"], seen["left"]) == ("2 of 2", "1 found", "0 found", ["", 0])
    assert seen["node"] == "h = tanh(2, 3)-1.5 to 2.5, mean 0.25, 50% zerosaves 2.05 kB(1 - y²) gsaved"
    assert "dL/dW = xᵀ g" in seen["link"]
    assert seen["focus"].startswith("x(2, 3)")


@in_browser
def test_stepping(run):
    seen = run(
        to_html(NET),
        """
        const seen = { at: [], known: [] };
        const step = () => {
          seen.at.push(told());
          seen.known.push(UNKNOWN - all("#world .box.unknown").length);
        };
        const UNKNOWN = all("#world .box.op").length;
        document.getElementById("first").click();
        step();
        for (let i = 0; i < 2; i++) { document.getElementById("next").click(); step(); }
        seen.here = texts(".here .title");
        write("step", 7);
        step();
        seen.flows = all(".link.flow").length;
        seen.formula = panel();
        seen.badges = texts(".badge").sort();
        document.getElementById("before").click();
        seen.partial = [told(), texts(".partial .title"), texts(".badge")];
        press("End");
        seen.end = [told(), texts(".complete .title").sort()];
        document.getElementById("fold").click();
        write("step", 7);
        seen.folded = [texts(".here .title"), panel().includes("in Net")];
        document.getElementById("leave").click();
        seen.left = [all(".unknown, .here, .badge").length, told()];
        return seen;
        """,
    )
    assert seen["at"] == [
        *("before the first operation", "forward 1 of 5: matmul", "forward 2 of 5: matmul"),
        "backward 2 of 5: multiply",
    ]
    assert seen["known"] == [0, 1, 2, 5]
    assert seen["here"] == ["matmul"]
    assert seen["flows"] == 2
    assert "a: h = tanhb g" in seen["formula"]
    assert "adds up: 2 of 2 contributions have arrived" in seen["formula"]
    assert seen["badges"] == ["∇", "∇", "∇ 2/2"]
    assert seen["partial"] == ["backward 1 of 5: sum", [], ["∇", "∇"]]
    assert seen["end"] == ["backward 5 of 5: matmul", sorted([*UNFOLDED[:4], "multiply", "sum", "w", "x"])]
    assert seen["folded"] == [["Net"], True]
    assert seen["left"] == [0, "5 forward, 5 backward"]


def two_sided():
    """x -> sin, and beside it the derivative, which takes x as well."""
    back = {"side": "backward"}
    nodes = (node(0, "leaf", "leaf", name="x"), node(1, "sin", is_output=True), node(2, "1", "constant", **back))
    nodes += (node(3, "dsin", pair=1, **back), node(4, "leaf", "leaf", name="dL/dx", is_output=True, pair=0, **back))
    return Graph(nodes, (Edge(0, 1, "x"), Edge(2, 3, "g"), Edge(0, 3, "x"), Edge(3, 4, "g")))


@in_browser
def test_both_sides(run):
    seen = run(
        to_html(two_sided()),
        """
        const seen = { frames: texts("#world .head .line"), at: [told()] };
        seen.unknown = [];
        for (const _ of "12") {
          press("n");
          seen.at.push(told());
          seen.unknown.push(texts("#world .unknown .title").sort());
        }
        click(document.querySelector(".head"));
        seen.folded = titles();
        return seen;
        """,
    )
    assert seen["frames"] == ["forward", "backward"]
    assert seen["at"] == ["1 forward, 1 backward", "forward 1 of 1: sin", "backward 1 of 1: dsin"]
    assert seen["unknown"] == [["dL/dx", "dsin"], []]
    assert seen["folded"] == ["1", "dL/dx", "dsin", "forward"]


def recurrence(steps):
    """A weight that is used at every step, which all follow each other."""
    nodes = [node(0, "leaf", "leaf", name="w"), node(1, "leaf", "leaf", name="h")]
    nodes += [node(i, "matmul", is_output=i == steps + 1) for i in range(2, steps + 2)]
    edges = (Edge(k, i, name) for i in range(2, steps + 2) for k, name in ((0, "a"), (i - 1, "b")))
    return Graph(tuple(nodes), tuple(edges))


@in_browser
def test_far_uses_have_a_reference_that_leads_to_what_is_used(run):
    seen = run(
        to_html(recurrence(100)),
        """
        press("f");
        const references = all("#world .reference");
        const seen = { count: references.length, label: references[0].textContent };
        click(references[0]);
        seen.selected = texts(".selected .title");
        seen.overlaps = overlaps();
        return seen;
        """,
    )
    assert seen["count"] > 50
    assert (seen["label"], seen["selected"], seen["overlaps"]) == ("w \N{UPWARDS ARROW}", ["w"], 0)


@in_browser
@pytest.mark.parametrize("system", ["light", "dark"])
def test_themes_and_moving(run, system):
    seen = run(
        to_html(NET),
        """
        const background = () => getComputedStyle(document.documentElement).getPropertyValue("--background");
        const seen = { background: [background()], place: [place()] };
        const moves = [
          () => press("d"), () => document.getElementById("theme").click(), () => press("ArrowDown"), () => press("+"),
          () => document.getElementById("picture").dispatchEvent(
            new WheelEvent("wheel", { deltaY: 300, clientX: 300, clientY: 300, cancelable: true })),
          () => press("f"),
        ];
        for (const move of moves) {
          move();
          seen.background.push(background());
          seen.place.push(place());
        }
        seen.pressed = document.getElementById("theme").getAttribute("aria-pressed");
        return seen;
        """,
        *(["--blink-settings=preferredColorScheme=0"] if system == "dark" else []),
    )
    own, other = (LIGHT, DARK) if system == "light" else (DARK, LIGHT)
    assert seen["background"] == [own.background, other.background, *[own.background] * 5]
    assert seen["place"][0] == seen["place"][2] == seen["place"][-1]
    assert len(set(seen["place"])) == 4
    assert seen["pressed"] == str(system == "dark").lower()


@in_browser
def test_names_do_no_harm(run):
    seen = run(
        to_html(harmful(), HARM),
        """
        click(all("#world .box.op")[0]);
        point(all(".link")[0]);
        press("End");
        write("search", "<\\/script>");
        return { harm: window.harm ?? null, title: document.title, scripts: all("script").length, found: found() };
        """,
    )
    assert seen["harm"] is None
    assert seen["title"] == HARM.replace("\u2028", " ") or seen["title"] == HARM
    assert seen["scripts"] == 4  # the data, the viewer, and two of this test
    assert seen["found"] == "11 found"


@in_browser
def test_ten_thousand_nodes(run, record_property):
    seen = run(
        to_html(flat(10_000)),
        """
        const seen = { opened: document.documentElement.dataset.opened, drawn: all("#world .box").length };
        seen.overlaps = overlaps();
        press("f");
        seen.far = [all("#world .box").length, document.getElementById("far").hidden];
        write("step", 9000);
        seen.step = [told(), texts(".here .title")];
        return seen;
        """,
    )
    record_property("milliseconds to open 10,000 nodes", int(seen["opened"]))
    assert 0 < seen["drawn"] < 900
    assert seen["overlaps"] == 0
    assert seen["far"] == [0, False]
    assert seen["step"] == ["forward 9000 of 9999: add", ["add"]]
