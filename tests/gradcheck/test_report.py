import json
from types import SimpleNamespace

import numpy as np
import pytest

from autograd_lite.gradcheck.branches import Kink
from autograd_lite.gradcheck.document import Code, Document, Table
from autograd_lite.gradcheck.report import MOST_EXPLAINED, Entry, Problem, Report, Verdict
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


def test_wrong_entries_come_first_then_unreliable_ones():
    verdicts = [found.verdict for found in Report(ALL, 4).entries]
    assert verdicts == [Verdict.FAIL, Verdict.KINK_OUTSIDE, Verdict.UNRELIABLE, Verdict.PASS]


# -- in words --------------------------------------------------------------------------------------------------------


def test_the_text_has_the_counts_the_table_and_what_is_to_be_said():
    text = Report(ALL, 9, [Problem("shape", "b", "has shape (3,), not (4,)")], notes=["Seed 0."]).to_text()
    assert text.splitlines()[0] == (
        "gradcheck FAILED: 4 of 9 entries compared with finite differences, 1 PASS, 1 FAIL, 1 KINK-OUTSIDE,"
        " 1 UNRELIABLE, 1 further problem"
    )
    for words in (
        "b: has shape (3,), not (4,)",
        "w[1, 2]: at a kink of relu at model.py:12 in forward, element [0, 3] ",
        "(branch False on its left, True on its right)",
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


def test_zero_has_no_sign():
    report = Report([entry(Verdict.FAIL, index=(), analytic=-0.0, numeric=complex(-0.0, -0.0))], 1)
    assert report.to_text().splitlines()[3].split()[2:4] == ["0", "0+0j"]


def test_the_culprit_and_its_code_stand_in_the_text():
    culprit = SimpleNamespace(to_text=lambda: "The first wrong operation is tanh.", code=lambda told: "print(1)\n")
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
    "2 < 3", False, ["a_b & c", Table(("x", "y"), [("1", "<2>"), ("10", "|")], frozenset({1})), Code("f(x)\n")]
)


def test_plain_text():
    assert DOCUMENT.to_text() == "2 < 3\n\na_b & c\n\nx   y\n1   <2>\n10  |\n\n    f(x)"


def test_markdown_escapes_what_would_mean_something():
    assert DOCUMENT.to_markdown() == (
        "**2 \\< 3**\n\na\\_b & c\n\n| x | y |\n| --- | --- |\n| 1 | \\<2\\> |\n| **10** | **\\|** |\n\n"
        "```python\nf(x)\n```\n"
    )


def test_html_escapes_and_marks():
    html = DOCUMENT.to_html()
    assert "<strong>2 &lt; 3</strong>" in html
    assert "a_b &amp; c" in html
    assert "&lt;2&gt;" in html
    assert html.count("font-weight: bold") == 2  # both cells of the marked row
    assert "<pre><code>f(x)" in html


def test_printed_it_is_the_text():
    report = Report(ALL, 9)
    assert str(report) == report.to_text()
    assert repr(report).startswith("<Report FAILED: 4 of 9 entries, worst w[1, 2] off by")


def test_a_notebook_shows_the_same_words():
    html = Report(ALL, 9)._repr_html_()
    assert "KINK-OUTSIDE" in html
    assert "the function is noisy" in html
