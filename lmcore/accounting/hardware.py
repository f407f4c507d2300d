"""What can a processor do? Peaks, memory and bandwidth from the vendors' data sheets, each row with its source.

An unknown one is asked for, never guessed: its peak is None, and whatever needs it says so.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lmcore.errors import UsageError
from lmcore.paths import resource


@dataclass(frozen=True)
class Gpu:
    """A processor with its own memory. `peaks` are dense FLOP/s by precision ("fp32", "tf32", "bf16", "fp16"),
    `memory` is in bytes, `bandwidth` in bytes a second; 0 where nobody said.
    """

    name: str
    memory: int
    bandwidth: int = 0
    peaks: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    source: str = ""

    def __hash__(self) -> int:
        return hash((self.name, self.memory, self.bandwidth, *sorted(self.peaks.items())))

    def peak(self, precision: str) -> int | None:
        """Dense FLOP/s in a precision, or None where it is not known."""
        return self.peaks.get(precision)


@functools.cache
def gpus() -> tuple[Gpu, ...]:
    """All of the table."""
    table = tomllib.loads(resource("presets/gpus.toml").read_text(encoding="utf-8"))
    return tuple(_gpu(row) for row in table["gpu"])


def find_gpu(name: str) -> Gpu:
    """The row of a name, or of a longer name that a driver gives ("NVIDIA A100-SXM4-80GB").

    Raises `UsageError`, which asks for the figures, where there is none.
    """
    wanted = _letters(name)
    found = [gpu for gpu in gpus() if _letters(gpu.name) in wanted or wanted == _letters(gpu.name)]
    if not found:
        raise UsageError(f"The peak of {name} is not known; give its memory, bandwidth and FLOP/s.")
    return max(found, key=lambda gpu: len(gpu.name))


def _gpu(row: Mapping[str, object]) -> Gpu:
    numbers = {key: _number(value) for key, value in row.items() if key not in ("name", "source", "aliases")}
    memory, bandwidth = numbers.pop("memory"), numbers.pop("bandwidth")
    return Gpu(str(row["name"]), memory, bandwidth, MappingProxyType(numbers), str(row["source"]))


def _number(value: object) -> int:
    assert isinstance(value, int | float)
    return round(value)


def _letters(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum()).replace("nvidia", "").replace("geforce", "")
