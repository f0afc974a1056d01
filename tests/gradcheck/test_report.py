import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_lite.gradcheck.branches import Kink
from autograd_lite.gradcheck.document import Code, Document, Remark, Table, Tone
from autograd_lite.gradcheck.report import MOST_EXPLAINED, TONES, Entry, Problem, Report, Verdict
from autograd_lite.recording import Line

KINK = Kink("relu", Line("model.py", 12, "forward"), (0, 3), False, True, call=4)


def entry(verdict=Verdict.PASS, name="w", index=(1, 2), analytic=1.0, numeric=1.0, **options):
    return Entry(1, name, index, analytic, numeric, 1e-9, 1e-7, verdict, **options)


OUTSIDE = entry(Verdict.KINK_OUTSIDE, analytic=2.0, numeric=1.0, one_sided=(0.0, 1.0), kink=KINK)
ALL = [entry(), entry(Verdict.FAIL, analytic=3.0), OUTSIDE, entry(Verdict.UNRELIABLE, note="the function is noisy")]


# -- the verdict of all ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "problems", "good"),
    [
        ([entry()], [], True),
        ([entry(), entry(Verdict.UNRELIABLE)], [], True),
        ([entry(Verdict.UNRELIABLE)] * 2, [], False),
        ([entry(Verdict.KINK_OK)], [], True),
        ([entry(Verdict.BLOCKED)], [], False),
        ([entry()], [Problem("dtype", "w", "the gradient is float32; return float64")], False),
        ([], [], True),
    ],
)
def test_a_report_is_true_if_nothing_is_wrong_and_something_is_known(entries, problems, good):
    assert bool(Report(entries, 10, problems)) is good
    doubtful = not entries or Verdict.UNRELIABLE in {entry.verdict for entry in entries}
    assert bool(Report(entries, 10, problems, strict=True)) is (good and not doubtful)


@pytest.mark.parametrize(
    ("verdicts", "total", "strict", "status"),
    [
        ([Verdict.PASS, Verdict.KINK_OK], 2, True, "ok:"),
        ([Verdict.UNRELIABLE] * 4 + [Verdict.PASS], 5, False, "ok, but 4 of 5 undecided:"),
        ([Verdict.UNRELIABLE] * 4 + [Verdict.PASS], 5, True, "FAILED, 4 of 5 undecided:"),
        ([Verdict.UNRELIABLE] * 5, 5, False, "FAILED, 5 of 5 undecided:"),
        ([Verdict.UNRELIABLE, Verdict.FAIL], 2, False, "FAILED:"),
        ([], 0, False, "ok, but there was nothing to check:"),
        ([], 0, True, "FAILED, there was nothing to check:"),
    ],
)
def test_ok_says_no_more_than_is_known(verdicts, total, strict, status):
    report = Report([entry(verdict) for verdict in verdicts], total, strict=strict)
    assert repr(report).startswith(f"<Report {status} ")
    assert report.to_text().startswith(f"gradcheck {status} ")


def test_wrong_entries_come_first_then_unreliable_ones():
    verdicts = [found.verdict for found in Report(ALL, 4).entries]
    assert verdicts == [Verdict.FAIL, Verdict.KINK_OUTSIDE, Verdict.UNRELIABLE, Verdict.PASS]


# -- in words --------------------------------------------------------------------------------------------------------


def test_the_text_has_the_counts_the_table_and_what_is_to_be_said():
    text = Report(ALL, 9, [Problem("shape", "b", "has shape (3,), not (4,)")], notes=["Seed 0."]).to_text()
    assert text.splitlines()[0] == (
        "gradcheck FAILED: 4 of 9 entries compared with finite differences, 1 PASS, 1 FAIL, 1 KINK-OUTSIDE,"
        " 1 UNRELIABLE, 1 other problem (shape)"
    )
    for words in (
        "b: has shape (3,), not (4,)",
        "w[1, 2]: at a kink of relu at model.py:12 in forward, element [0, 3], ",
        "which takes branch False on its left and True on its right",
        "slope 0 on its left and 1 on its right, the gradient 2 does not lie between them",
        "w[1, 2]: the function is noisy",
        "Seed 0.",
    ):
        assert words in text


def test_the_table_is_as_long_as_asked_and_sentences_are_few():
    noted = [entry(Verdict.UNRELIABLE, index=(i,), note=f"noisy: {i}") for i in range(MOST_EXPLAINED + 3)]
    text = Report(noted, 100).to_text(entries=7)
    assert text.count("UNRELIABLE") == 1 + 7  # in the title, and in the table
    assert text.count(": noisy") == MOST_EXPLAINED
    assert "... and 2 more such entries" in text


def test_one_sentence_for_all_entries_of_which_it_is_true():
    blocked = [entry(Verdict.BLOCKED, index=(i,), note="exp runs under no_grad.") for i in range(1200)]
    text = Report([*blocked, entry(Verdict.UNRELIABLE, note="noisy")], 1201).to_text()
    assert text.endswith("\n\nw[0], w[1], w[2] and 1,197 more: exp runs under no_grad.")


def test_one_remark_for_all_elements_at_the_kink_of_one_line():
    zeros = [
        entry(Verdict.KINK_OK, "x", (i,), 0.0, 0.0, one_sided=(0.0, i + 1.0), kink=replace(KINK, index=(i,)))
        for i in range(36)
    ]
    elsewhere = entry(Verdict.KINK_OK, "x", (36,), 0.0, 0.0, one_sided=(0.0, 1.0), kink=replace(KINK, op="abs"))
    text = Report([*zeros, elsewhere], 37).to_text(entries=40)
    assert "x[0], x[1], x[2] and 33 more: at a kink of relu at model.py:12 in forward; of the first, slope 0" in text
    assert "x[36]: at a kink of abs at model.py:12 in forward, element [0, 3], which takes branch" in text
    assert text.count("at a kink of") == 2


def test_notes_that_differ_in_a_number_are_one():
    blunt = [entry(Verdict.UNRELIABLE, index=(i,), note=f"The error bar is {i + 1}.2e-0{i}: hidden.") for i in range(9)]
    assert Report(blunt, 9).to_text().count("The error bar is") == 1


def test_the_name_of_what_arrives_is_explained_where_it_is_shown():
    assert "the gradient that arrives at output 0" in Report([entry(name="grad_output 0")], 1).to_text()
    assert "the gradient that arrives" not in Report(ALL, 4).to_text()


def test_zero_has_no_sign():
    report = Report([entry(Verdict.FAIL, index=(), analytic=-0.0, numeric=complex(-0.0, -0.0))], 1)
    assert report.to_text().splitlines()[3].split()[2:4] == ["0", "0+0j"]


def test_the_culprit_and_its_code_stand_in_the_text():
    culprit = SimpleNamespace(
        to_text=lambda: "The first wrong operation is tanh.", code=lambda told: "print(1)\n", small=True
    )
    text = Report([entry(Verdict.FAIL)], 1, culprit=culprit).to_text()
    assert text.endswith("The first wrong operation is tanh.\n\n    print(1)")


def test_as_plain_values_it_survives_json():
    complex_entry = entry(analytic=1 + 2j, numeric=np.complex128(1 + 2j))
    found = json.loads(json.dumps(Report([OUTSIDE, complex_entry], 2, notes=["n"]).to_dict()))
    first, second = found["entries"]
    assert (found["ok"], found["total"], found["notes"]) == (False, 2, ["n"])
    assert (first["verdict"], first["index"], first["one_sided"]) == ("KINK-OUTSIDE", [1, 2], [0.0, 1.0])
    assert first["kink"]["line"] == ["model.py", 12, "forward"]
    assert second["analytic"] == second["numeric"] == [1.0, 2.0]


# -- documents -------------------------------------------------------------------------------------------------------

DOCUMENT = Document(
    "2 < 3",
    False,
    [
        "a_b & c",
        Table(("x", "verdict"), [("1", "<OK>"), ("10", "NO")], {"NO": Tone.BAD, "<OK>": Tone.GOOD}),
        Remark("w[0]", "wrong"),
        Code("f(x)\n"),
    ],
)


def test_plain_text():
    assert DOCUMENT.to_text() == "2 < 3\n\na_b & c\n\nx   verdict\n1   <OK>\n10  NO\n\nw[0]: wrong\n\n    f(x)"


def test_markdown_escapes_what_would_mean_something():
    assert DOCUMENT.to_markdown() == (
        "**2 \\< 3**\n\na\\_b & c\n\n| x | verdict |\n| --: | --- |\n| 1 | \\<OK\\> |\n| 10 | **NO** |\n\n"
        "**w\\[0\\]**: wrong\n\n```python\nf(x)\n```\n"
    )


def test_html_escapes_and_aligns_and_colours():
    html = DOCUMENT.to_html()
    assert "<strong>2 &lt; 3</strong>" in html
    assert "a_b &amp; c" in html
    assert '<tr><td class="number">1</td><td><b class="good">&lt;OK&gt;</b></td></tr>' in html
    assert '<b class="bad">NO</b>' in html
    assert "<code>w[0]</code>: wrong" in html
    assert "<pre><code>f(x)" in html


def test_the_style_of_a_report_is_that_of_nothing_else_on_the_page():
    style = re.search("<style>(.*)</style>", DOCUMENT.to_html(), re.DOTALL)[1]
    selectors = [selector for rule in re.findall(r"([^{}]+)\{", style) for selector in rule.split(",")]
    assert selectors
    assert all(selector.strip().startswith(".ag-report") for selector in selectors)


def test_every_verdict_has_a_colour_and_an_explanation():
    assert set(TONES) == set(map(str, Verdict))
    assert all(f"{verdict}: " in Verdict.__doc__ for verdict in Verdict)


def test_printed_it_is_the_text():
    report = Report(ALL, 9)
    assert str(report) == report.to_text()
    assert repr(report).startswith("<Report FAILED: 4 of 9 entries, worst w[1, 2] off by")


def test_a_notebook_shows_the_same_words():
    html = Report(ALL, 9)._repr_html_()
    assert "KINK-OUTSIDE" in html
    assert "the function is noisy" in html


def test_a_problem_of_several_inputs_is_told_once() -> None:
    problems = [Problem("second use", name, "the graph was used up") for name in ("weight", "bias")]
    text = Report([], 0, problems).to_text()
    assert "weight, bias: the graph was used up" in text
    assert text.count("used up") == 1
    assert "2 other problems" in text
