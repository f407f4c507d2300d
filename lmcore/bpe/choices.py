"""What is there to choose before a training? Names and rules; no compiled code, so that a window can show them."""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from lmcore.errors import UsageError

# The scanners, by pattern.
CUSTOM: Final = -1
GPT2: Final = 0
CL100K: Final = 1
O200K: Final = 2
LLAMA3: Final = 3
QWEN: Final = 4
WHITESPACE: Final = 5


class TieRule(Enum):
    """Which of several pairs with the same count is merged first."""

    GREATER_BYTES = "greater-bytes"  # the lexicographically greater pair of byte strings: the course's rule
    LOWEST_IDS = "lowest-ids"  # the pair of lowest ids, as Hugging Face `tokenizers` numbers them


def check_specials(tokens: Sequence[str]) -> tuple[str, ...]:
    """The special tokens without repetitions, in order; one that cannot be written to a tokenizer file is refused."""
    for token in tokens:
        if not token:
            raise UsageError("A special token is empty; give it at least one character or leave it out.")
        if any("\ud800" <= character <= "\udfff" for character in token):
            raise UsageError(f"The special token {token!r} is not Unicode text; write it in UTF-8.")
        if len(token) == 1 and "\xa1" <= token <= "\u0143" and token != "\xad":
            raise UsageError(
                f"The special token {token!r} is what tokenizer files write for one of the 256 bytes; make it longer."
            )
    return tuple(dict.fromkeys(tokens))
