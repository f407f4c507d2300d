"""Does TensorBoard get a run's rows at their steps, and at the times when they were measured?"""

import struct
from pathlib import Path

import numpy as np
import pytest

from lmcore.errors import UsageError
from lmcore.generators import result_of
from lmcore.interop.run_events import export_run, wall_times
from lmcore.training.curves import ATTEMPTS, TRAIN, VALIDATION, Columns, empty


def columns() -> Columns:
    """Four steps, the last two of them in a second attempt a day later; one loss was no number."""
    train = empty(TRAIN) | {
        "step": np.array([1, 2, 3, 4]),
        "tokens": np.array([10, 20, 30, 40]),
        "seconds": np.array([0.5, 1.0, 1.5, 2.5]),
        "loss": np.array([4.0, 3.5, np.nan, 3.0]),
    }
    train |= {name: np.full(4, np.nan) for name in TRAIN if not len(train[name])}
    validation = empty(VALIDATION) | {"step": np.array([4]), "loss": np.array([3.25]), "time": np.array([86_500.0])}
    validation |= {name: np.full(1, np.nan) for name in VALIDATION if not len(validation[name])}
    attempts = {"step": np.array([0, 2]), "attempt": np.array([1, 2]), "time": np.array([100.0, 86_400.0])}
    assert set(attempts) == set(ATTEMPTS)
    return Columns(train, validation, attempts)


def done(columns: Columns, folder: Path) -> bytes:
    return result_of(export_run(columns, folder)).read_bytes()


def records(data: bytes) -> list[bytes]:
    """What the file's records hold."""
    found, place = [], 0
    while place < len(data):
        (length,) = struct.unpack_from("<Q", data, place)
        found.append(data[place + 12 : place + 12 + length])
        place += 16 + length
    return found


def test_a_row_is_as_old_as_its_attempt_and_the_seconds_trained_in_it() -> None:
    assert wall_times(columns()).tolist() == [100.5, 101.0, 86_400.5, 86_401.5]


def test_every_value_is_a_point_and_what_is_no_number_is_none(tmp_path: Path) -> None:
    version, *events = records(done(columns(), tmp_path))
    assert b"brain.Event:2" in version
    assert len(events) == 5
    losses = [event for event in events if b"train/loss" in event]
    assert len(losses) == 3
    assert struct.pack("<f", 3.5) in losses[1]
    assert b"validation/loss" in events[-1]
    assert struct.pack("<f", 3.25) in events[-1]
    assert [struct.unpack_from("<d", event, 1)[0] for event in events] == [100.5, 101.0, 86_400.5, 86_401.5, 86_500.0]


def test_the_settings_are_a_text_for_the_plugin_that_draws_it(tmp_path: Path) -> None:
    config = {"optimizer.learning_rate": 1e-3, "evaluation.prompts": ["a|b"]}
    file = result_of(export_run(columns(), tmp_path, config))
    _version, text, *points = records(file.read_bytes())
    table = "| setting | value |\n|---|---|\n| optimizer.learning_rate | 0.001 |\n| evaluation.prompts | ['a\\|b'] |"
    assert table.encode() in text
    assert b"\n\x13config/text_summary" in text  # tag = 1, of 19 letters
    assert b"J\x08\n\x06\n\x04text" in text  # metadata = 9, plugin_data = 1, plugin_name = 1
    assert len(points) == 5


def test_a_run_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="logged nothing yet"):
        done(Columns(), tmp_path)
