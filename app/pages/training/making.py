"""How do runs come out of a set-up? The corpus is encoded where it is not yet, each run gets its folder, all wait."""

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from lmcore.training.run_folder import RunFolder

Made = Generator[Any, None, list[RunFolder]]
"""What is told of encoding; the result are the runs."""


def made(tables: Mapping[str, Any], root: Path, parent: str = "") -> Made:
    """The runs of nested tables, of which a table "sweep" makes several; all are planned before the first is made.

    `parent` is the name of the run whose settings were changed. Raises `LmError` for what cannot be.
    """
    from lmcore.training.creating import creating, plan
    from lmcore.training.sweeps import members

    group, planned, runs = members(tables), [], []
    for member in group:
        one = yield from plan(member.config)
        planned.append(one)
    for member, one in zip(group, planned, strict=True):
        about = {**member.about, **({"parent": parent} if parent else {})}
        run = yield from creating(one, root, about)
        runs.append(run)
    return runs
