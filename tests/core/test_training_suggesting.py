"""Does a new user get something that can be trained here, and is done in minutes?"""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmcore.accounting.presets import find_preset
from lmcore.training.config import TrainConfig, config_of
from lmcore.training.machine import Machine
from lmcore.training.planning import Forecast, fits, forecast
from lmcore.training.suggesting import suggested

GB = 10**9
peaks = st.floats(2e10, 2e13)


def processor(peak: float = 4e11, half: float = 1.6e12, free: int = 8 * GB) -> Machine:
    return Machine("cpu", "CPU, 4 cores", 2 * free, free, 4, peak, half, "measured", 4, half > 1.15 * peak)


def gpu(peak: float = 989.5e12, memory: int = 80 * GB) -> Machine:
    return Machine("cuda", "H100", memory, memory, 8, peak / 2, peak, "data sheet of H100 SXM", 8, True)


def config(tables: dict[str, Any]) -> TrainConfig:
    return config_of({**tables, "data": {"train": "tokens.bin"}})


def foreseen(machine: Machine, corpus: int, vocab_size: int) -> tuple[TrainConfig, Forecast]:
    chosen = config(suggested(machine, corpus, vocab_size))
    return chosen, forecast(chosen.model.shape(vocab_size), chosen, corpus, machine)


@given(peaks, st.floats(0.1, 16), st.integers(0, 10**10), st.integers(256, 260_000), st.integers(4 * GB, 500 * GB))
def test_on_any_processor_it_takes_minutes_and_fits(
    peak: float, ratio: float, corpus: int, vocab_size: int, free: int
) -> None:
    machine = processor(peak, ratio * peak, free)
    chosen, found = foreseen(machine, corpus, vocab_size)
    assert 60 <= found.seconds <= 600
    assert fits(found, machine) == ""
    steps = chosen.training.steps
    assert steps is not None
    assert 1 <= (chosen.schedule.warmup_steps or 0) <= max(1, steps // 10)
    assert chosen.evaluation.every <= chosen.checkpoint.every <= steps
    assert steps // chosen.evaluation.every <= 40


@given(st.floats(5e12, 3e15), st.integers(4 * GB, 200 * GB), st.integers(0, 10**11), st.integers(256, 130_000))
def test_on_any_gpu_it_fits_and_takes_an_hour_at_most(peak: float, memory: int, corpus: int, vocab_size: int) -> None:
    machine = gpu(peak, memory)
    chosen, found = foreseen(machine, corpus, vocab_size)
    assert found.seconds <= 3_600
    assert fits(found, machine) == ""
    assert chosen.model.d_model >= 512 or 0 < corpus < 20_000_000


@given(st.integers(60, 10**6))
def test_a_small_corpus_holds_a_context_to_train_and_one_to_validate_on(corpus: int) -> None:
    chosen, _ = foreseen(processor(), corpus, 300)
    assert chosen.model.context_length + 1 <= max(2, int(corpus * 0.05))


def test_a_faster_processor_gets_a_larger_model_and_a_small_corpus_fewer_epochs() -> None:
    slow, fast = (config(suggested(processor(peak, peak), 0, 10_000)).model.d_model for peak in (2e10, 1e13))
    assert slow < fast
    (_, long), (_, short) = (foreseen(processor(), corpus, 10_000) for corpus in (10**9, 400_000))
    assert short.seconds < long.seconds == pytest.approx(300, rel=0.02)


def test_a_gpu_with_little_memory_gets_the_courses_model_and_a_large_one_a_larger() -> None:
    course = find_preset("course-tinystories").shape
    small = config(suggested(gpu(2e13, 4 * GB), 0, course.vocab_size))
    assert small.model.shape(course.vocab_size) == course
    large = config(suggested(gpu(), 0, course.vocab_size))
    assert large.model.num_layers > small.model.num_layers


def test_on_a_gpu_a_small_corpus_gets_a_small_model_and_is_not_seen_too_often() -> None:
    chosen, found = foreseen(gpu(), 430_000, 10_000)
    assert chosen.model.d_model == 128
    assert found.steps >= 500
    assert found.epochs is not None
    assert 3.9 < found.epochs < 4.1


def test_what_is_suggested_is_a_whole_config(tmp_path: Path) -> None:
    tables = suggested(processor(), 400_000, 10_000)
    assert set(tables) == {"model", "optimizer", "schedule", "training", "evaluation", "checkpoint"}
    written = config(tables).as_tables()
    assert all(written[table][key] == value for table, keys in tables.items() for key, value in keys.items())
