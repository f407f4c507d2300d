"""How are runs told apart where there is little room? By what their names do not have in common."""

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

WORDS_END: Final = re.compile(r"(?<!\de)-|[_ /,]")
"""Where one word of a name ends; not at the sign of a power: 1e-3."""


def short_names(names: Sequence[str]) -> list[str]:
    """Names without the words that all begin with: ["ts-512-lr1e-3", "ts-512-lr3e-3"] -> ["lr1e-3", "lr3e-3"]."""
    if len(set(names)) < 2:
        return list(names)
    pairs = zip(min(names), max(names), strict=False)
    same = "".join(one for one, _other in takewhile(lambda pair: pair[0] == pair[1], pairs))
    cut = max((found.end() for found in WORDS_END.finditer(same)), default=0)
    return [name[cut:] or name for name in names]
