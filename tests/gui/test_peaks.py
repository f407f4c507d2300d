"""Is MFU a share of one peak a machine, so that its runs can be compared and no share is above the whole?"""

from dataclasses import replace

import pytest

from app.pages.training.peaks import Peaks
from app.tables.run_rates import mean_mfu
from tests.gui.overviews import overview


def test_all_runs_of_a_machine_are_told_by_its_best_peak() -> None:
    quiet = overview("quiet", last={"mfu": 0.4}, about={"peak_flops": 400_000_000_000})
    busy = overview("busy", last={"mfu": 0.8}, about={"peak_flops": 100_000_000_000})
    other = overview("other", last={"mfu": 0.8}, about={"peak_flops": 100_000_000_000, "device_name": "GPU"})
    peaks = Peaks()
    told = peaks.told([quiet, busy, other])
    assert told[quiet.path] is quiet
    assert told[other.path] is other
    assert told[busy.path].last["mfu"] == pytest.approx(0.2)
    assert told[busy.path].about["peak_flops"] == 400_000_000_000
    assert [peaks.scale(run.path) for run in (quiet, busy)] == [1.0, 0.25]
    assert peaks.told([quiet, busy, other])[busy.path] is told[busy.path]


def test_no_share_is_above_the_whole() -> None:
    run = overview(last={"mfu": 1.3}, about={"peak_flops": 100_000_000_000})
    told = Peaks().told([run])[run.path]
    assert told.last["mfu"] == pytest.approx(1.0)
    assert told.about["peak_flops"] == pytest.approx(130_000_000_000)


def test_the_peak_is_what_a_run_has_reached_on_the_whole_and_never_falls() -> None:
    slow_end = {"mfu": 0.6, "tokens": 4000.0, "seconds": 10.0, "tokens_per_second": 200.0}
    run = overview(last=slow_end, about={"peak_flops": 100_000_000_000})
    peaks = Peaks()
    told = peaks.told([run])[run.path]
    assert told.about["peak_flops"] == pytest.approx(120_000_000_000), "400 tokens a second, twice the last step"
    assert mean_mfu(told) == pytest.approx(1.0)
    fast = replace(run, step=2, last={**slow_end, "mfu": 1.5})
    slow = replace(run, step=3, last=slow_end)
    peaks = Peaks()
    assert [peaks.told([now])[run.path].about["peak_flops"] for now in (fast, slow)] == pytest.approx([300e9, 300e9])


def test_a_run_that_changes_and_one_without_a_peak_are_told_as_they_are() -> None:
    run, peaks = overview(about={"peak_flops": None}), Peaks()
    assert peaks.told([run])[run.path] is run
    later = replace(run, step=4000)
    assert peaks.told([later])[run.path] is later
