"""Is what an earlier run reached taken only where it says something of the next one?"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lmcore.accounting.shape import Shape
from lmcore.training.machine import Machine, Precision
from lmcore.training.overview import Overview
from lmcore.training.shares import found_precision, measured, measured_share, usual_share

CPU = Machine("cpu", "CPU, 4 cores", 16 * 10**9, 8 * 10**9, 4, 4e11, 1.6e12, "measured", 4, bf16=True)
SHAPE = Shape(1_000, 64, 2, 128, 4, 512)
ABOUT: dict[str, Any] = {"device_name": "CPU, 4 cores", "precision": "bf16", "threads": 4, "vocab_size": 500}
CONFIG: dict[str, Any] = {"model.d_model": 128, "model.num_layers": 2, "model.num_heads": 2, "training.steps": 9}


def _share(runs: list[Overview], precision: Precision = "bf16", shape: Shape = SHAPE) -> float | None:
    found = measured_share([one for run in runs if (one := measured(run))], CPU, precision, shape)
    return None if found is None else found.amount


def _run(created: float, mfu: float | None, about: dict[str, Any] = ABOUT, config: dict[str, Any] = CONFIG) -> Overview:
    last = {} if mfu is None else {"mfu": mfu}
    return Overview(
        Path(f"run-{created}"), "run", created, "finished", "", "", 9, 9, 1, 0.0, (), "", config, about, last, (), ()
    )


def test_the_newest_run_of_such_a_model_on_this_machine_counts() -> None:
    runs = [_run(3, 0.3), _run(5, 0.5), _run(4, 0.4), _run(6, None), _run(7, float("nan"))]
    assert _share(runs) == 0.5
    assert _share([]) is None


@pytest.mark.parametrize(
    ("about", "config"),
    [
        ({**ABOUT, "device_name": "CPU, 8 cores"}, CONFIG),
        ({**ABOUT, "precision": "fp32"}, CONFIG),
        ({**ABOUT, "threads": 2}, CONFIG),
        ({}, CONFIG),
        (ABOUT, {**CONFIG, "model.d_model": 256}),
        (ABOUT, {**CONFIG, "model.num_layers": 4}),
        (ABOUT, {**CONFIG, "model.gone": 1}),
        (ABOUT, {**CONFIG, "model.d_model": "wide"}),
        (ABOUT, {**CONFIG, "model.preset": "no such"}),
    ],
)
def test_a_run_elsewhere_or_of_another_model_does_not(about: dict[str, Any], config: dict[str, Any]) -> None:
    assert _share([_run(1, 0.2), _run(2, 0.9, about, config)]) == 0.2


def test_a_preset_is_the_model_that_it_names() -> None:
    course = {"model.preset": "course-tinystories"}
    shape = replace(SHAPE, d_model=512, num_layers=4, d_ff=1_344)
    assert _share([_run(1, 0.33, config=course)], shape=shape) == 0.33


def test_what_counts_is_the_mean_of_all_of_a_runs_time() -> None:
    last = {"mfu": 0.5, "tokens_per_second": 200.0, "tokens": 1_000.0, "seconds": 10.0}
    assert _share([replace(_run(1, 0.5), last=last)]) == pytest.approx(0.25)


def test_a_run_is_as_fast_as_the_last_one_whatever_the_peak_seems_to_be() -> None:
    busy = {**ABOUT, "peak_flops": 0.4e12}
    known = [one for run in (_run(1, 0.2, busy), _run(2, 0.5, busy)) if (one := measured(run))]
    found = measured_share(known, CPU, "bf16", SHAPE)
    assert found is not None
    assert found.amount * CPU.peak_bf16 == pytest.approx(0.5 * 0.4e12)
    assert found.low == pytest.approx(0.4), "the other run"
    assert found.high == pytest.approx(4), "half of the peak that there is now"


def test_the_nearest_run_says_how_far_from_usual_another_size_is() -> None:
    wide = {**CONFIG, "model.d_model": 256}
    runs = [_run(1, 0.1, config=wide), _run(2, 0.9, config={**CONFIG, "model.d_model": 2_048})]
    usual = usual_share(CPU, "bf16", SHAPE).amount / usual_share(CPU, "bf16", replace(SHAPE, d_model=256)).amount
    assert _share(runs) == pytest.approx(0.1 * usual)
    assert _share(runs[1:]) is None, "a model 16 times as wide says nothing"


def test_the_precision_that_a_run_of_these_sizes_found_is_known() -> None:
    fp32 = {**ABOUT, "precision": "fp32"}
    runs = [_run(1, 0.5), _run(2, 0.5, fp32), _run(3, 0.5, config={**CONFIG, "training.precision": "bf16"})]
    known = [one for run in runs if (one := measured(run))]
    assert found_precision(known, CPU, SHAPE) == "fp32", "the newest that was to find it out"
    assert found_precision(known, CPU, replace(SHAPE, num_layers=3)) is None


def test_what_is_supposed_says_whence() -> None:
    gpu = replace(CPU, kind="cuda", name="H100")
    assert usual_share(gpu, "bf16", SHAPE).amount == 0.4
    assert "supposed" in usual_share(gpu, "bf16", SHAPE).source
    assert usual_share(CPU, "bf16", SHAPE).amount < usual_share(CPU, "fp32", SHAPE).amount, "bf16 has a higher peak"
