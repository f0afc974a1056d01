"""Mermaid, trees, JSON; clusters, themes and marks in Graphviz's language."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.draw import Picture
from autograd_lite.draw.graph import Edge, Graph, ModuleInfo, Node, Source, Summary, Value
from autograd_lite.draw.labels import DETAILS, amount, duration, lines, summary
from autograd_lite.draw.records import from_json, to_json
from autograd_lite.draw.roll import rolled
from autograd_lite.draw.themes import THEMES
from autograd_lite.draw.walk import walk

STATISTICS = Summary(600, -1.5, 2.25, 0.125, 12.0, 0.25, nans=2, infinities=1)
FULL = Graph(
    (
        Node(0, "leaf", "leaf", (Value((3, 2), "float32", "w"),), module=1, marks=frozenset({"zero gradient"})),
        Node(1, "constant", "x", (Value(None, None, "x"),)),
        Node(
            2,
            "op",
            "matmul",
            (Value((4, 2), "float64", data=STATISTICS, gradient=STATISTICS),),
            ("[1, :]",),
            module=1,
            source=Source("/home/me/model.py", 7, "forward", "h = x @ w"),
            saved_bytes=2_500_000,
            forward_seconds=0.0021,
            backward_seconds=3.5e-6,
            marks=frozenset({"saved", "nan"}),
        ),
        Node(3, "op", "tanh", (Value((4, 2), "float64", "h", is_output=True),), module=2),
        Node(4, "group", "Linear", (Value((4,), "float32", slot="0"), Value((5,), "int64", slot="1")), members=(7, 8)),
    ),
    (
        Edge(0, 2, "b", derivative="x\N{MODIFIER LETTER SMALL T} g", marks=frozenset({"broadcast", "cast"})),
        Edge(1, 2, "a"),
        Edge(2, 3, "x"),
        Edge(3, 2, "a", loop=True),
        Edge(3, 4, "x", marks=frozenset({"path"})),
    ),
    (ModuleInfo("", "Net"), ModuleInfo("layer", "Linear", 0, 6), ModuleInfo("", "", 0, repeat=64)),
)
PICTURES = [Picture(FULL, detail=detail, theme=theme) for detail in DETAILS for theme in THEMES]


def recurrence():
    w, h = (ag.tensor(np.ones((2, 2)), requires_grad=True) for _ in range(2))
    w.name, h.name = "w", "h0"
    for _ in range(5):
        h = ag.tanh(h @ w)
    return Picture(rolled(walk(h)))


# -- what stands in a node -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ("shapes", ["[1, :]", "(4, 2) float64"]),
        (
            "values",
            [
                *("[1, :]", "(4, 2) float64", "-1.5 to 2.25, mean 0.125, 25% zero, 2 NaN, 1 infinite"),
                "gradient norm 12, 25% zero, 2 NaN, 1 infinite",
            ],
        ),
        ("costs", ["[1, :]", "(4, 2) float64", "saves 2.5 MB", "forward 2.1 ms, backward 3.5 µs"]),
    ],
)
def test_detail(detail, expected):
    assert lines(FULL.nodes[2], detail) == expected


def test_everything_has_the_line_of_the_source_too():
    told = lines(FULL.nodes[2], "everything")
    assert told[-1] == "model.py:7 h = x @ w"
    assert set(lines(FULL.nodes[2], "values") + lines(FULL.nodes[2], "costs")) < set(told)


def test_small_arrays_are_told_whole():
    assert summary(Summary(2, 1.0, 2.0, 1.5, 2.2, 0.0, text="[1, 2]")) == "[1, 2]"


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (61_706_000, "61.7 MB")])
def test_amounts(count, text):
    assert amount(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(2.0, "2 s"), (0.0105, "10.5 ms"), (1.5e-6, "1.5 µs"), (0.0, "0 µs")])
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_unknown_settings_are_answered_with_the_known():
    with pytest.raises(ValueError, match="detail 'all' is not known; use one of shapes, values"):
        Picture(FULL, detail="all")
    with pytest.raises(ValueError, match="theme 'blue' is not known; use one of light, dark"):
        Picture(FULL, theme="blue")


# -- Graphviz --------------------------------------------------------------------------------------------------------


def test_modules_are_nested_clusters_and_blocks_say_how_often():
    source = Picture(FULL).source
    assert 'label="layer: Linear"' in source
    assert 'label="\N{MULTIPLICATION SIGN} 64"' in source
    opened = [line.strip() for line in source.splitlines() if "subgraph" in line or line.strip() == "}"]
    assert opened == ["subgraph cluster0 {", "subgraph cluster1 {", "}", "subgraph cluster2 {", "}", "}", "}"]


def test_loops_and_marks_are_seen():
    source = Picture(FULL).source
    (loop,) = re.findall(r"n3 -> n2 \[(.*)\];", source)
    assert "constraint=false" in loop
    assert "dir=both" in re.findall(r"n0 -> n2 \[(.*)\];", source)[0]
    assert THEMES["light"].path in re.findall(r"n3 -> n4 \[(.*)\];", source)[0]
    assert THEMES["light"].bad in re.findall(r"n2 \[(.*)\];", source)[0]


def test_with_everything_edges_tell_their_derivatives():
    assert "x\N{MODIFIER LETTER SMALL T} g" in Picture(FULL, detail="everything").source
    assert "x\N{MODIFIER LETTER SMALL T} g" not in Picture(FULL).source


@pytest.mark.skipif(shutil.which("dot") is None, reason="dot is not installed")
@pytest.mark.parametrize("picture", PICTURES, ids=[f"{p.detail}-{p.theme}" for p in PICTURES])
def test_dot_takes_it_without_a_word(picture):
    done = subprocess.run(["dot", "-Tsvg"], input=picture.source, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "model.py:7" in done.stdout or picture.detail != "everything"


def test_small_values_and_gradients_are_shown_whole():
    three, four = (Summary(1, x, x, x, abs(x), 0.0, text=f"{x:g}") for x in (3.0, -4.0))
    number = Node(0, "op", "add", (Value((), "float32", data=three, gradient=four),))
    assert lines(number, "values") == ["3", "gradient -4"]
    assert lines(number) == ["scalar"]


# -- Mermaid ---------------------------------------------------------------------------------------------------------


def test_mermaid():
    text = recurrence().to_mermaid()
    body = [line for line in text.splitlines() if "classDef" not in line]
    assert body == [
        "flowchart TB",
        '  n0(["h0<br/>(2, 2) float64"]):::leaf',
        '  n1(["w<br/>(2, 2) float64"]):::leaf',
        '  subgraph m0 ["\N{MULTIPLICATION SIGN} 5"]',
        '    n2("matmul<br/>(2, 2) float64"):::op',
        '    n3{{"tanh<br/>(2, 2) float64"}}:::output',
        "  end",
        "  n0 --> n2",
        "  n1 --> n2",
        "  n2 --> n3",
        '  n3 -.->|"next"| n2',
        "  style m0 stroke-dasharray: 6 4",
    ]


def test_mermaid_gets_no_character_that_means_something():
    node = Node(0, "op", 'a"<b>#;&`\\', (Value((), "float32"),))
    (line,) = [line for line in Picture(Graph((node,), ())).to_mermaid().splitlines() if "n0" in line]
    label = line.partition('("')[2].rpartition('")')[0].replace("<br/>", "")
    assert not set(label) & set('"<>&`\\')
    assert label.startswith("a#34;#60;b#62;#35;#59;#38;#96;#92;")


# -- trees -----------------------------------------------------------------------------------------------------------


def test_a_tree_tells_each_value_once():
    x, w = (ag.tensor(np.ones(2), requires_grad=True) for _ in range(2))
    x.name, w.name = "x", "w"
    h = ag.tanh(w * x)
    text = str(ag.draw(h * h + ag.exp(h)))
    assert text == "\n".join(
        [
            "add  (2,) float64",
            "├─ multiply  (2,) float64",
            "│  ├─ tanh  (2,) float64  [3]",
            "│  │  └─ multiply  (2,) float64",
            "│  │     ├─ w  (2,) float64",
            "│  │     └─ x  (2,) float64",
            "│  └─ ↑ [3] tanh",
            "└─ exp  (2,) float64",
            "   └─ ↑ [3] tanh",
        ]
    )


def test_a_tree_of_a_loop_says_so():
    text = recurrence().to_text()
    assert "(from the round before) ↑ [3] tanh" in text
    assert "in \N{MULTIPLICATION SIGN} 5" in text


def test_a_tree_ends_where_nobody_reads_on():
    y = ag.tensor(np.ones(2), requires_grad=True)
    for _ in range(5000):
        y = ag.tanh(y)
    assert (
        ag.draw(y).to_text().splitlines()[-1] == "... and more: 5,001 nodes in all" or len(ag.draw(y).graph.nodes) < 99
    )
    assert Picture(walk(y)).to_text().endswith("... and more: 5,001 nodes in all")


# -- JSON ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("graph", [FULL, recurrence().graph, Graph((), ())], ids=["full", "recurrence", "empty"])
def test_json_and_back(graph):
    assert from_json(to_json(graph)) == graph
    assert to_json(graph) == to_json(graph)


def test_json_has_no_number_that_json_does_not_know():
    value = Value((2,), "float32", data=Summary(2, float("nan"), float("inf"), 0.0, 0.0, 0.0))
    text = to_json(Graph((Node(0, "op", "log", (value,)),), ()))
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    data = from_json(text).nodes[0].values[0].data
    assert np.isnan(data.minimum)
    assert np.isposinf(data.maximum)


@pytest.mark.parametrize("text", ["", "[]", '{"format": 99}', '{"format": 1}', '{"format": 1, "nodes": [{}]}'])
def test_what_is_no_graph_is_refused(text):
    with pytest.raises(ValueError, match="no graph as to_json writes it"):
        from_json(text)


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "words"),
    [("mmd", "flowchart"), ("txt", "tanh"), ("json", '"format": 1'), ("dot", "digraph"), ("html", "<script>")],
)
def test_texts_are_saved_by_their_suffix(tmp_path, suffix, words):
    path = recurrence().save(tmp_path / f"graph.{suffix}")
    assert words in path.read_text(encoding="utf-8")


# -- both passes -----------------------------------------------------------------------------------------------------


def both_passes():
    x, w = (ag.tensor(np.ones((2, 2)), requires_grad=True) for _ in range(2))
    return ag.draw(ag.exp(ag.tanh(x @ w)), graph="both")


def test_gradients_flow_up_beside_the_values():
    picture = both_passes()
    nodes, source = picture.graph.nodes, picture.source
    flows = [edge for edge in picture.graph.edges if {nodes[edge.source].side, nodes[edge.target].side} == {"backward"}]
    for edge in flows:
        told = re.findall(rf"n{edge.target} -> n{edge.source}(?: \[(.*)\])?;", source)
        assert any("dir=back" in attributes or nodes[edge.source].kind == "constant" for attributes in told)
    assert source.count("rank=same") == sum(node.pair is not None for node in nodes)


@pytest.mark.skipif(shutil.which("dot") is None, reason="dot is not installed")
def test_an_operation_and_its_derivative_are_on_one_level():
    picture = both_passes()
    placed = subprocess.run(["dot", "-Tplain"], input=picture.source, capture_output=True, text=True, check=True).stdout
    lines = (line.split() for line in placed.splitlines() if line.startswith("node"))
    place = {name: (float(x), float(y)) for _, name, x, y, *_ in lines}
    for node in picture.graph.nodes:
        if node.pair is not None:
            (x, y), (other_x, other_y) = place[f"n{node.id}"], place[f"n{node.pair}"]
            assert y == pytest.approx(other_y)
            assert x != other_x
