"""The table of how long whole models take, on the smallest of them."""

import pytest

from benchmarks.verification import HEADER, main


def test_the_table_says_how_many_entries_were_compared_and_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    names = ["RNN language model", "RNN language model, its loss wrong", "larger LSTM language model, along directions"]
    assert main(names) == 0
    header, rows = capsys.readouterr().out.split(HEADER)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows.strip().splitlines()]
    assert header == ""
    assert [row[0] for row in cells] == names
    assert [row[1:3] for row in cells] == [["268", "268"], ["268", "268"], ["8,850", "4 directions"]]
    assert cells[0][4] == "268 PASS"
    assert "FAIL" in cells[1][4]


def test_a_model_that_there_is_not_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["GPT"])
    assert "no model is called GPT; choose from RNN language model" in capsys.readouterr().err
