"""How are runs told apart? By their names; those of one name by when they were made. Where there is little room, by
what their names do not have in common.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Final

from lmcore.training.overview import Overview

WORDS_END: Final = re.compile(r"(?<!\de)-|[_ /,]")
"""Where one word of a name ends; not at the sign of a power: 1e-3."""


def made_at(path: Path) -> str:
    """When a run was made, by its folder's name and in local time; the path where that does not tell."""
    try:
        made = datetime.fromisoformat(path.name.split("-")[0])
    except ValueError:
        return str(path)
    return made.astimezone().strftime("%d %b %Y %H:%M:%S")


def distinct_names(names: Mapping[Path, str]) -> dict[Path, str]:
    """Names of runs by their folders; two that are the same have beside them when the runs were made, or if that is the
    same as well the names of the folders.
    """
    for beside in (made_at, lambda path: path.name):
        often = Counter(names.values())
        names = {path: name if often[name] == 1 else f"{name}, {beside(path)}" for path, name in names.items()}
    return dict(names)


def named_apart(runs: Sequence[Overview]) -> list[Overview]:
    """Runs by distinct names; one whose name is its own stays the same object."""
    names = distinct_names({run.path: run.name for run in runs})
    return [run if names[run.path] == run.name else replace(run, name=names[run.path]) for run in runs]


def short_names(names: Sequence[str]) -> list[str]:
    """Names without the words that all begin with: ["ts-512-lr1e-3", "ts-512-lr3e-3"] -> ["lr1e-3", "lr3e-3"]."""
    if len(set(names)) < 2:
        return list(names)
    pairs = zip(min(names), max(names), strict=False)
    same = "".join(one for one, _other in takewhile(lambda pair: pair[0] == pair[1], pairs))
    cut = max((found.end() for found in WORDS_END.finditer(same)), default=0)
    return [name[cut:] or name for name in names]
