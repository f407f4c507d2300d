"""Is what a training takes foretold without torch, from figures that can be traced, and is said what does not fit?"""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.accounting.account import account
from lmcore.accounting.kinds import Activations, Attention
from lmcore.accounting.kinds import Precision as Products
from lmcore.accounting.presets import find_preset
from lmcore.accounting.setup import Setup
from lmcore.accounting.shape import Shape
from lmcore.cli import main
from lmcore.errors import UsageError
from lmcore.generators import result_of
from lmcore.training.amounts import seconds_of
from lmcore.training.config import TrainConfig, config_of
from lmcore.training.creating import plan
from lmcore.training.footprint import footprint
from lmcore.training.machine import Machine, machine_from
from lmcore.training.planning import (
    checkpoint_size,
    disk_size,
    fits,
    fits_on_disk,
    forecast,
    lines,
    mfu_of,
)
from lmcore.training.settings import CheckpointSettings, EvaluationSettings
from lmcore.training.settling import settle
from lmcore.training.shares import Measured
from tests.core.trainings import config as small_config

GB = 10**9
COURSE = find_preset("course-tinystories").shape
CPU = Machine("cpu", "CPU, 4 cores", 16 * GB, 8 * GB, 4, 4e11, 1.6e12, "measured matrix products", 4, bf16=True)
GPU = Machine("cuda", "NVIDIA H100 80GB HBM3", 80 * GB, 79 * GB, 8, 494.5e12, 989.5e12, "data sheet", 8, bf16=True)


def _config(**training: Any) -> TrainConfig:
    return config_of({"data": {"train": "tokens.bin"}, "training": {"steps": 10, "batch_size": 32, **training}})


def test_time_is_the_flops_at_the_share_of_the_peak_that_is_said() -> None:
    found = forecast(COURSE, _config(), 81_920, CPU)
    a_step = account(COURSE, Setup(batch=32)).training.amount
    assert (found.flops_per_step, found.flops) == (a_step, 10 * a_step)
    assert (found.tokens, found.epochs) == (81_920, 1.0)
    assert found.seconds == pytest.approx(found.flops / (found.share * 1.6e12))
    assert found.seconds == pytest.approx(seconds_of(10, found.flops_per_step, found.rate))
    assert found.tokens_per_second == pytest.approx(found.tokens / found.seconds)


def test_the_share_that_an_earlier_run_reached_is_taken_and_said() -> None:
    mfu = mfu_of(COURSE, 4_388, 1.47e12)
    assert mfu == pytest.approx(0.334, abs=0.03), "as the benchmark of a training step shows it"
    known = Measured(CPU.name, CPU.threads, "bf16", True, 1.47e12, mfu, COURSE, 0.0)
    found = forecast(COURSE, _config(), 0, replace(CPU, peak_bf16=1.47e12), [known])
    assert found.tokens_per_second == pytest.approx(4_388)
    assert found.share_source == "as an earlier run here reached"
    assert found.epochs is None


def test_what_was_measured_of_the_courses_model_is_near_what_is_supposed() -> None:
    quiet = replace(CPU, cores=2, threads=2, peak_fp32=405e9, peak_bf16=1.47e12)
    for precision, measured in {"bf16": 4_388, "fp32": 2_110}.items():
        found = forecast(COURSE, _config(batch_size=8, precision=precision), 0, quiet)
        assert found.tokens_per_second == pytest.approx(measured, rel=0.2)


@pytest.mark.parametrize(
    ("machine", "chosen", "precision", "peak"),
    [
        (CPU, "auto", "bf16", 1.6e12),
        (CPU, "fp32", "fp32", 4e11),
        (replace(CPU, bf16=False), "auto", "fp32", 4e11),
        (replace(CPU, bf16=False), "bf16", "bf16", 1.6e12),
    ],
)
def test_the_peak_is_that_of_the_precision(machine: Machine, chosen: str, precision: str, peak: float) -> None:
    found = forecast(COURSE, _config(precision=chosen), 0, machine)
    assert (found.precision, found.peak) == (precision, peak)


def test_memory_is_that_of_the_accounting_for_what_goes_through_at_once() -> None:
    setup = Setup(batch=4, precision=Products.AUTOCAST, attention=Attention.FLASH, activations=Activations.MEASURED)
    expected = account(COURSE, setup).training_memory.amount
    assert forecast(COURSE, _config(micro_batch_size=4), 0, GPU).memory == expected
    on_a_processor = forecast(COURSE, _config(micro_batch_size=4), 0, CPU).memory
    assert 0 < on_a_processor - expected < GB, "there Python and torch take of the same memory"


def test_as_many_sequences_as_fit_go_through_at_once_unless_someone_chose() -> None:
    one = forecast(COURSE, _config(), 0, CPU)
    assert one.micro_batch == 32
    small = replace(CPU, free=(one.least_memory + one.memory) // 2)
    fitting = forecast(COURSE, _config(), 0, small)
    assert fitting.micro_batch < 32
    assert fitting.memory < small.free
    assert fits(fitting, small) == ""
    assert "32 sequences at once" in fits(forecast(COURSE, _config(micro_batch_size=32), 0, small), small)


def test_what_does_not_fit_is_said_with_the_remedy() -> None:
    machine = replace(CPU, free=GB // 2)
    found = forecast(COURSE, _config(), 0, machine)
    said = fits(found, machine)
    assert said.startswith("Even one sequence at a time takes about ")
    assert "500 MB are free of 16.0 GB (CPU, 4 cores)" in said
    assert "Take a smaller model" in said
    assert said in lines(COURSE, _config(), 100, 10, found, machine)


def test_validations_take_a_third_of_a_steps_time_for_each_token() -> None:
    settings = replace(_config(steps=1_000), evaluation=EvaluationSettings(every=300, windows=64))
    found = forecast(COURSE, settings, 0, CPU)
    a_step = found.seconds / 1_000
    assert found.besides.validation == pytest.approx(4 * 2 * a_step / 3), "4 looks at 2 batches of 32"
    assert found.besides.looks == 4
    without = replace(settings, data=replace(settings.data, validation_fraction=0.0))
    assert forecast(COURSE, without, 0, CPU).besides.validation == 0


@pytest.mark.parametrize(
    ("steps", "every", "keeping", "validated", "kept"),
    [
        (1_000, 100, 500, True, 10),  # each look may find the best; those at 500 and 1,000 are among them
        (1_000, 300, 400, True, 6),  # 300, 400, 600, 800, 900 and the end
        (1_000, 100, 500, False, 2),
        (1_000, 100, 5_000, False, 1),
        (7, 10, 10, True, 1),
    ],
)
def test_so_many_checkpoints_are_written(steps: int, every: int, keeping: int, validated: bool, kept: int) -> None:
    settings = replace(
        _config(steps=steps),
        evaluation=EvaluationSettings(every=every),
        checkpoint=CheckpointSettings(every=keeping),
    )
    if not validated:
        settings = replace(settings, data=replace(settings.data, validation_fraction=0.0))
    found = forecast(COURSE, settings, 0, CPU)
    assert found.besides.kept == kept
    assert found.besides.checkpoints > kept * 12 * found.parameters / 1e9, "no disk here writes a gigabyte a second"


def test_texts_are_written_where_there_is_a_tokenizer() -> None:
    settings = replace(
        _config(steps=1_000), evaluation=EvaluationSettings(every=100, prompts=("", "a"), sample_tokens=50)
    )
    assert forecast(COURSE, settings, 0, CPU).besides.texts == 0
    known = replace(settings, data=replace(settings.data, tokenizer="here"))
    found = forecast(COURSE, known, 0, CPU).besides
    assert found.written == 20
    assert found.texts == pytest.approx(1_000 * 5e-4 + 1_000 * 4 * 17e6 / 1e10, rel=0.2), "layers, and what is read"
    longer = replace(known, evaluation=replace(known.evaluation, sample_tokens=100))
    assert forecast(COURSE, longer, 0, CPU).besides.texts == pytest.approx(2 * found.texts)


def test_the_start_is_that_of_the_newest_run_here_or_of_a_process_and_what_is_tried() -> None:
    machine = replace(CPU, start=4.0)
    runs = [
        Measured(CPU.name, CPU.threads, "bf16", True, 1e12, 0.3, COURSE, day, start) for day, start in ((2, 9), (1, 7))
    ]
    elsewhere = replace(runs[0], device="another", created=3.0)
    assert forecast(COURSE, _config(), 0, machine, [*runs, elsewhere]).besides.start == 9
    assert forecast(COURSE, _config(), 0, machine).besides.start == 10, "precision and micro-batch are tried"
    assert forecast(COURSE, _config(precision="fp32", micro_batch_size=4), 0, machine).besides.start == 4


def test_the_likely_times_are_about_the_time() -> None:
    supposed = forecast(COURSE, _config(), 0, CPU)
    assert supposed.least < supposed.seconds < supposed.most
    run = Measured(CPU.name, CPU.threads, "bf16", True, 1e12, 0.3, COURSE, 1.0)
    known = forecast(COURSE, _config(), 0, CPU, [run])
    assert known.most / known.least < supposed.most / supposed.least, "who has measured knows more"
    slower = forecast(COURSE, _config(), 0, CPU, [run, replace(run, mfu=0.1, created=0.0)])
    assert slower.most == pytest.approx(3 * slower.seconds), "an earlier run took three times as long"
    assert forecast(COURSE, _config(), 0, CPU, [replace(run, mfu=1.0)]).least <= known.seconds


def test_checkpoints_that_the_disk_does_not_hold_are_said() -> None:
    settings = replace(_config(steps=1_000), checkpoint=CheckpointSettings(every=100, keep_last=2, keep_every=500))
    found = forecast(COURSE, settings, 0, CPU)
    each = 12 * found.parameters  # 2 last, 2 at multiples of 500, the best one, and one that is being written
    needed = disk_size(found, settings)
    assert (needed, checkpoint_size(found)) == (6 * each, each)
    assert fits_on_disk(needed, 6 * each) == ""
    assert "Checkpoints take about 1.63 GB on the disk, 1.63 GB are free" in fits_on_disk(needed, 6 * each - 1)
    once = replace(settings, checkpoint=CheckpointSettings(every=5_000, keep_last=9))
    assert disk_size(found, once) == 2 * each


@given(st.sampled_from([16, 64, 128, 512, 4096]), st.sampled_from(["fp32", "bf16"]), st.floats(1e9, 1e14))
def test_a_share_is_one_and_wider_models_reach_more(d_model: int, precision: str, peak: float) -> None:
    machine = replace(CPU, peak_fp32=peak, peak_bf16=3 * peak)
    shapes = [Shape(1_000, 64, 2, width, 2, 4 * width) for width in (d_model, 2 * d_model)]
    narrow, wide = (forecast(shape, _config(precision=precision), 0, machine).share for shape in shapes)
    assert 0 < narrow < wide < 1


def test_a_machine_is_read_as_it_was_written() -> None:
    assert machine_from(json.loads(json.dumps(asdict(CPU)))) == CPU
    assert machine_from({**asdict(CPU), "later": 1}) == CPU
    with pytest.raises(UsageError, match="lacks peak_fp32"):
        machine_from({name: value for name, value in asdict(CPU).items() if name != "peak_fp32"})


def test_the_worker_says_on_what_would_be_trained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["worker", "machine", "--device", "cpu", "--threads", "1"]) == 0
    found = machine_from(json.loads(capsys.readouterr().out))
    assert (found.kind, found.threads) == ("cpu", 1)
    assert found.memory == psutil.virtual_memory().total
    assert 0 < found.free < found.memory
    assert min(found.peak_fp32, found.peak_bf16) > 1e9
    assert main(["worker", "machine", "--device", "tpu"]) == 2


def test_the_forecast_counts_flops_as_the_worker_does_for_mfu(tmp_path: Path) -> None:
    planned = result_of(plan(small_config(tmp_path, training__micro_batch_size=8)))
    settled = settle(planned, {})
    assert mfu_of(planned.shape, 1_000, settled.peak) == pytest.approx(settled.mfu(1_000))


@pytest.mark.parametrize(
    "module", ["planning", "suggesting", "queueing", "archiving", "amounts", "machine", "creating", "workers"]
)
def test_the_window_can_import_it_without_torch(module: str) -> None:
    said = f"import lmcore.training.{module}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], check=False).returncode == 0


@pytest.mark.parametrize(("precision", "products"), [("fp32", Products.FP32), ("bf16", Products.AUTOCAST)])
def test_a_processor_holds_the_scores_of_a_piece_and_the_process(precision: Any, products: Products) -> None:
    """Beside what the accounting counts, which stays what it is."""
    setup = Setup(batch=4, precision=products, attention=Attention.FLASH, activations=Activations.MEASURED)
    counted = account(COURSE, setup).training_memory
    found = footprint(COURSE, 4, precision, "cpu", 2, with_text=False)
    assert [found.weights, found.gradients, found.optimizer] == [
        counted.child(name).amount for name in ("weights", "gradients", "optimizer")
    ]
    kept = counted.child("activations")
    scores = found.activations - (kept.amount - kept.child("logits").amount)
    assert 3 * 4 * 512 * 10_000 <= scores <= 5 * 4 * 512 * 10_000, "of 512 positions, a few times over"
    assert footprint(COURSE, 8, precision, "cpu", 2, with_text=False).process > found.process > 390_000_000
    assert footprint(COURSE, 4, precision, "cpu", 2, with_text=True).process > found.process
    assert footprint(COURSE, 4, precision, "cuda", 2, with_text=True).total == counted.amount
