"""What can a processor do? Peaks, memory and bandwidth from the vendors' data sheets, each row with its source.

An unknown one is asked for, never guessed: its peak is None, and whatever needs it says so.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from lmcore.errors import UsageError
from lmcore.paths import resource

PRECISIONS: Final = ("fp32", "tf32", "bf16", "fp16")
MAKERS: Final = ("nvidia", "amd", "geforce", "tesla", "instinct", "radeon")


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
    aliases: tuple[str, ...] = ()
    """What drivers call it."""

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
    """The row with this name, as it stands in the table or as a driver gives it ("NVIDIA A100-SXM4-80GB").

    Raises `UsageError` where there is none, since a similar name may be another processor: for a name that several
    share ("A100") it says which there are, else it asks for the figures.
    """
    wanted = _letters(name)
    for gpu in gpus():
        if wanted in map(_letters, (gpu.name, *gpu.aliases)):
            return gpu
    if kinds := [gpu.name for gpu in gpus() if _is_kind_of(gpu.name, name)]:
        raise UsageError(f"{name} is not exact enough to know its peak; known here: {', '.join(kinds)}.")
    raise UsageError(f"The peak of {name or 'no name'} is not known; give its memory, bandwidth and FLOP/s.")


def _gpu(row: Mapping[str, Any]) -> Gpu:
    peaks = {precision: round(row[precision]) for precision in PRECISIONS if precision in row}
    return Gpu(
        name=row["name"],
        memory=round(row["memory"]),
        bandwidth=round(row["bandwidth"]),
        peaks=MappingProxyType(peaks),
        source=row["source"],
        aliases=tuple(row.get("aliases", ())),
    )


def _letters(name: str) -> str:
    """Only what tells processors apart: "NVIDIA GeForce RTX 4090" -> "rtx4090"."""
    return "".join(letter for word in _words(name) for letter in word if letter.isalnum())


def _is_kind_of(row: str, name: str) -> bool:
    """Whether a row is `name` with more said: "A100 40 GB" of "NVIDIA A100", but not of "A10" or of "RTX"."""
    words = _words(name)
    return any(letter.isdigit() for letter in name) and _words(row)[: len(words)] == words


def _words(name: str) -> list[str]:
    return [word for word in name.lower().replace("-", " ").replace(",", " ").split() if word not in MAKERS]
