"""Is what suits a machine found by what the model does, and not by what the machine does besides?"""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import torch

from lmcore.errors import LmError
from lmcore.training import probing
from lmcore.training.devices import Device
from lmcore.training.machine import Precision
from lmcore.training.probing import best_at_once, faster_precision


@dataclass
class Machine:
    """A clock and memory that only what is run moves. `busy` is how many times as long the run number n takes; after
    each `turn` of seconds others have the processor for as long as that, five times over.
    """

    seconds: Callable[[int], float]
    busy: Callable[[int], float] = lambda number: 1.0
    turn: float = float("inf")
    half: float = 1.0
    a_sequence: int = 0
    free: int = 1 << 34
    limit: int = 1 << 30
    now: float = 0.0
    ran: float = 0.0
    used: int = 0
    runs: list[int] = field(default_factory=list)
    precision: Precision = "fp32"

    def try_out(self, sequences: int) -> None:
        if sequences > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        self.runs.append(sequences)
        took = self.seconds(sequences) * self.busy(len(self.runs))
        took = took / self.half if self.precision == "bf16" else took
        self.now += took + (5 * self.turn * (took // self.turn) if took > self.turn else 0.0)
        self.ran += took
        self.used = max(self.used, sequences * self.a_sequence)

    def compute_in(self, precision: Precision) -> None:
        self.precision = precision

    def clock(self) -> float:
        return self.now

    def time_ran(self) -> float:
        return self.ran


class _Device(Device):
    machine: Machine

    def used_memory(self) -> int:
        return self.machine.used

    def free_memory(self) -> int:
        return self.machine.free


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Machine], Device]:
    def device(machine: Machine) -> Device:
        monkeypatch.setattr(probing, "perf_counter", machine.clock)
        monkeypatch.setattr(probing, "thread_time", machine.time_ran)
        found = _Device(torch.device("cpu"), "CPU", 1 << 34)
        object.__setattr__(found, "machine", machine)
        return found

    return device


def steady(sequences: int) -> float:
    """An overhead, and the same time for each."""
    return 0.005 + 0.01 * sequences


def quickest_alone(sequences: int) -> float:
    """Whose caches hold one sequence and no more."""
    return 0.01 * sequences * (1 if sequences == 1 else 1.5)


def in_bursts(number: int) -> float:
    """Each third run takes twenty times as long."""
    return 20.0 if number % 3 == 0 else 1.0


@pytest.mark.parametrize("busy", [lambda number: 1.0, in_bursts, lambda number: 200.0, lambda number: 1.0 + number])
def test_all_that_fit_go_at_once_however_busy_the_machine_is(
    on: Callable[[Machine], Device], busy: Callable[[int], float]
) -> None:
    machine = Machine(steady, busy)
    assert best_at_once(machine.try_out, on(machine), 0, 16) == 16


def test_fewer_go_at_once_where_that_is_clearly_faster(on: Callable[[Machine], Device]) -> None:
    machine = Machine(quickest_alone)
    assert best_at_once(machine.try_out, on(machine), 0, 16) == 1
    machine = Machine(lambda sequences: 0.01 * sequences * (1 if sequences == 1 else 1.05))
    assert best_at_once(machine.try_out, on(machine), 0, 16) == 16


def test_what_is_short_enough_to_pass_between_others_is_not_taken_for_faster(on: Callable[[Machine], Device]) -> None:
    machine = Machine(steady, turn=0.05)
    assert best_at_once(machine.try_out, on(machine), 0, 16) == 16
    calm = Machine(quickest_alone, turn=10.0)
    assert best_at_once(calm.try_out, on(calm), 0, 16) == 1


def test_a_large_model_takes_no_long_probe(on: Callable[[Machine], Device]) -> None:
    machine = Machine(lambda sequences: 1.0 * sequences)
    assert best_at_once(machine.try_out, on(machine), 0, 64) == 64
    assert max(machine.runs) <= 4
    assert machine.now < 12


@pytest.mark.parametrize(("a_sequence", "fitting"), [(1 << 30, 8), (1 << 28, 16), (1 << 33, 1)])
def test_memory_bounds_what_goes_at_once(on: Callable[[Machine], Device], a_sequence: int, fitting: int) -> None:
    machine = Machine(steady, a_sequence=a_sequence)
    assert best_at_once(machine.try_out, on(machine), 0, 16) == fitting
    assert machine.used <= machine.free


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 11, 16])
def test_what_runs_out_of_memory_is_not_taken(on: Callable[[Machine], Device], limit: int) -> None:
    machine = Machine(steady, limit=limit)
    found = best_at_once(machine.try_out, on(machine), 0, 16)
    assert limit / 2 < found <= limit


def test_a_model_of_which_no_sequence_fits_is_refused(on: Callable[[Machine], Device]) -> None:
    machine = Machine(steady, limit=0)
    with pytest.raises(LmError, match="Not even one sequence"):
        best_at_once(machine.try_out, on(machine), 0, 16)


@pytest.mark.parametrize(("half", "found"), [(1.07, "fp32"), (1.3, "bf16"), (0.8, "fp32")])
@pytest.mark.parametrize("busy", [lambda number: 1.0, lambda number: 9.0 if number % 5 == 0 else 1.0])
def test_bf16_has_to_be_clearly_faster(
    on: Callable[[Machine], Device], half: float, found: Precision, busy: Callable[[int], float]
) -> None:
    machine = Machine(steady, busy, half=half)
    precision, gain = faster_precision(machine, on(machine), 16)
    assert (precision, machine.precision) == (found, found)
    assert gain == pytest.approx(half)
    assert set(machine.runs) == {1, 8}


def test_where_there_is_no_time_to_compare_precisions_products_decide(on: Callable[[Machine], Device]) -> None:
    machine = Machine(lambda sequences: 60.0 * sequences, half=1.01)
    assert faster_precision(machine, on(machine), 16) == ("bf16", None)
    assert machine.precision == "bf16"
