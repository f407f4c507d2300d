"""How are generators that work, and plain functions, made of one another? By asking to the end, and by one turn."""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

Result = TypeVar("Result")


def result_of(work: Generator[Any, None, Result]) -> Result:
    """Run a generator to its end; gives back what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: Result = end.value
            return result


def after_a_turn(do: Callable[[], Result]) -> Generator[None, None, Result]:
    """A function as a generator that gives way once before it begins: work for whoever runs generators."""
    yield
    return do()
