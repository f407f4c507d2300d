"""Which tests can run a kernel? Those whose imports lead to the file that every kernel is written with."""

import functools
from pathlib import Path
from typing import Final

import grimp

ROOT: Final = Path(__file__).parents[2]


@functools.cache
def kernel_users() -> frozenset[str]:
    """The modules of the engine and of the tests that import `lmcore.bpe.machine`, themselves or through others.

    Imports in functions count, and those for types alone, since that is how `lmcore.bpe` names what it loads later.
    What needs torch other than by a command is about models, and sends text through kernels on the way alone.
    """
    graph = grimp.build_graph("lmcore", "tests", cache_dir=None, include_external_packages=True)
    users = graph.find_downstream_modules("lmcore.bpe.machine")
    graph.remove_module("lmcore.cli")
    return frozenset(users - graph.find_downstream_modules("torch"))


def uses_kernels(file: Path) -> bool:
    """Whether the module in `file`, of this project, is one of them."""
    return ".".join(file.relative_to(ROOT).with_suffix("").parts) in kernel_users()
