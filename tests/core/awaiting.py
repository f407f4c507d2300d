"""When has another process come so far? Looked at again and again, until it has or a deadline is over."""

import time
from collections.abc import Callable
from typing import Final

_PAUSE: Final = 0.02


def until(is_so: Callable[[], object], seconds: float = 120.0) -> None:
    """Return as soon as it is so; fails where it is not within these seconds, which only a broken process takes."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not so within {seconds:g} s"
        time.sleep(_PAUSE)
