"""The table's arithmetic."""

from benchmarks.scaling import SCALES, Scale, growth_table
from benchmarks.table import fastest, reached, rows, short, summary, table


def figures(seconds, memory=2_000_000):
    return {"min": seconds, "median": 2 * seconds, "steps": 9, "memory": memory}


def result(**changes):
    systems = {
        "autograd_lite": figures(0.006),
        "autograd_lite tuned": figures(0.004),
        "torch": figures(0.016),
        "torch/channels_last": figures(0.005),
        "torch cells": figures(0.004),
        "mygrad": figures(0.04),
    }
    made = {
        "title": "net",
        "unit": "ms",
        "scale": 0.001,
        "reach": {"torch": 0.8, "torch cells": 0.9, "mygrad": 0.1},
        "stretch": {"torch": 0.5},
        "systems": systems,
    }
    return made | changes


def test_a_row_for_each_system_beside_ours():
    first, second, third, fourth = rows(result())
    assert first == ["net", "ms", "6.00 (12.0)", "4.00 (8.00)", "torch", "16.0 (32.0)", "0.25", "", "", "2.0, 2.0, 2.0"]
    assert second[4:9] == ["torch, channels_last", "5.00 (10.0)", "0.80", "0.8 yes", "0.5 **no**"]
    assert third[4:9] == ["torch cells", "4.00 (8.00)", "1.00", "0.9 **no**", ""]
    assert fourth[4:9] == ["mygrad", "40.0 (80.0)", "0.10", "0.1 yes", ""]
    assert second[:4] == [""] * 4


def test_a_bar_is_met_with_the_fastest_variant_of_a_peer():
    assert fastest(result(), "torch") == "torch/channels_last"
    assert fastest(result(), "torch cells") == "torch cells"
    assert reached(result(), "reach", "torch") is None
    assert reached(result(), "reach", "torch/channels_last") is True
    assert reached(result(), "stretch", "torch/channels_last") is False


def test_the_summary_counts_bars():
    assert summary([result(), result(reach={"torch": 0.1})]) == "reach 2 of 4, stretch 0 of 2"


def test_ours_alone_has_a_row():
    alone = {"autograd_lite tuned": figures(0.004)}
    assert rows(result(systems=alone)) == [["net", "ms", "", "4.00 (8.00)", "", "", "", "", "", "2.0"]]


def test_unknown_memory_stays_empty():
    alone = {"autograd_lite": figures(0.004, None), "autograd_lite tuned": figures(0.004)}
    assert rows(result(systems=alone))[0][-1] == ""


def test_units_count_items():
    (row,) = rows(result(unit="us/op", scale=1e-6 * 1000, systems={"autograd_lite tuned": figures(0.0025)}))
    assert row[1:4] == ["us/op", "", "2.50 (5.00)"]


def test_short_numbers():
    assert [short(number) for number in (0.12345, 1.5, 99.94, 1234.5)] == ["0.123", "1.50", "99.9", "1234"]


def test_the_table_is_markdown_with_columns_below_each_other():
    header, rule, *lines = table([result(), result()]).splitlines()
    assert len(lines) == 8
    assert len({len(line) for line in (header, rule, *lines)}) == 1
    assert header.startswith("| workload |")
    assert set(rule) == {"|", "-"}


def test_growth_is_time_per_item():
    scale = Scale("net", "net, batch", "image", (1, 10, 100))
    results = {
        "net 1": {"systems": {"autograd_lite tuned": figures(1e-3), "torch": figures(2e-3)}},
        "net 10": {"systems": {"autograd_lite tuned": figures(5e-3), "torch": figures(4e-3)}},
    }
    lines = [[cell.strip() for cell in line.split("|")[1:-1]] for line in growth_table(scale, results).splitlines()]
    assert lines[0][1:3] == ["autograd_lite tuned, us/image", "torch, us/image"]
    assert lines[2:] == [["1", "1000", "2000", "2", "2"], ["10", "500", "400", "2", "2"]]


def test_sizes_grow_as_far_as_promised():
    assert [(min(scale.sizes), max(scale.sizes)) for scale in SCALES] == [(1, 512), (1, 512), (9, 999_999)]
