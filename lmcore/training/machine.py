"""On what would be trained? What a process with torch found out about this machine, for those that have none.

`worker machine` writes it as a JSON object; here it is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from lmcore.errors import UsageError

Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True)
class Machine:
    """A device and what it can do.

    `kind` is "cpu", "cuda" or "mps", `name` what people call it. `memory` and `free` are bytes, of the device's own
    memory where it has some; `cores` are physical. The peaks are FLOP/s of dense matrix products by `source`: a data
    sheet, or measured here with so many `threads`. `bf16` says whether products are clearly faster in it than in fp32.
    `start` are the seconds that a process took here until it had torch, `kinds` are those of all devices that it found.
    """

    kind: str
    name: str
    memory: int
    free: int
    cores: int
    peak_fp32: float
    peak_bf16: float
    source: str
    threads: int
    bf16: bool
    start: float = 0.0
    kinds: tuple[str, ...] = ()

    def precision(self, chosen: str = "auto") -> Precision:
        """What a training computes in that chose "auto", "fp32" or "bf16"."""
        return "bf16" if chosen == "bf16" or (chosen == "auto" and self.bf16) else "fp32"

    def peak(self, precision: Precision) -> float:
        """FLOP/s in a precision."""
        return self.peak_bf16 if precision == "bf16" else self.peak_fp32


def machine_from(found: Mapping[str, Any]) -> Machine:
    """The machine that `worker machine` wrote. Raises `UsageError` where something of it is missing."""
    try:
        known = {field.name: found[field.name] for field in fields(Machine)}
        return Machine(**{**known, "kinds": tuple(known["kinds"])})
    except KeyError as error:
        raise UsageError(f"What is known of the machine lacks {error.args[0]}; look at it again.") from error
