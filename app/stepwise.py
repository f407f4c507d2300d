"""How does a package come in whose own module is a long list of imports? A few of its statements a turn.

Between the turns it is among the imported modules already, as its own parts need it. Whoever asks it for a name that
is not there yet, also by an import, has the rest run at once and gets what a plain import would have given.
"""

import ast
import sys
from collections.abc import Generator
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from time import perf_counter
from types import GeneratorType, ModuleType
from typing import Any, Final

from lmcore.generators import result_of

TURN: Final = 0.008
"""Seconds that statements may take in a turn, give or take one of them."""
LEFT: Final = "__statements_left__"


class Unfinished(ModuleType):
    """A module some of whose statements have run; a plain one once all have."""

    def __getattr__(self, name: str) -> Any:
        """What is not there yet; also asked by its own statements, for which it comes with one of the next or never."""
        left = vars(self).get(LEFT)
        if isinstance(left, GeneratorType) and not left.gi_running:
            result_of(left)
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self) from None


def import_stepwise(name: str) -> Generator[None, None, None]:
    """On the GUI's thread: import a package, or go on with that. Raises what one of its statements raises."""
    module = sys.modules[name] if name in sys.modules else _begun(name)
    until = perf_counter() + TURN
    for _ in vars(module).get(LEFT, ()):  # which may also end between two turns, where somebody had the rest run
        if perf_counter() >= until:
            yield
            until = perf_counter() + TURN


def _begun(name: str) -> ModuleType:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = module_from_spec(spec)
    module.__class__ = Unfinished
    setattr(module, LEFT, _run(module, Path(spec.origin)))
    sys.modules[name] = module
    return module


def _run(module: ModuleType, file: Path) -> Generator[None, None, None]:
    """Each of a module's statements; after one that fails nothing of the package is left, and it can be tried anew."""
    try:
        lines = ast.parse(file.read_bytes()).body
        yield
        for line in lines:
            code = compile(ast.Module([line], []), file, "exec", dont_inherit=True)
            exec(code, vars(module))
            yield
    except (Exception, KeyboardInterrupt):
        for name in [name for name in sys.modules if name == module.__name__ or name.startswith(f"{module.__name__}.")]:
            del sys.modules[name]
        raise
    delattr(module, LEFT)
    module.__class__ = ModuleType
