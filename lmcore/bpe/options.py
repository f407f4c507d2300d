"""What can one ask of a training? The options, checked, and what they are called in files and on the command line."""

from dataclasses import asdict, dataclass
from typing import Any

from lmcore.bpe.choices import TieRule, check_specials
from lmcore.bpe.patterns import Pattern, find_pattern
from lmcore.errors import UsageError

_LARGEST = 1 << 24


@dataclass(frozen=True)
class Options:
    """Options of a training. Raises `UsageError` where they contradict each other.

    `vocab_size` counts bytes, special tokens and merged tokens; `pattern` is a name or an expression; `text_field` and
    `skip_bad_lines` are for .jsonl and .parquet files; `threads` is all processors unless given.
    """

    vocab_size: int = 10_000
    special_tokens: tuple[str, ...] = ("<|endoftext|>",)
    pattern: str = "gpt2"
    tie: TieRule = TieRule.GREATER_BYTES
    text_field: str = "text"
    skip_bad_lines: bool = False
    threads: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "special_tokens", check_specials(self.special_tokens))
        least = 256 + len(self.special_tokens)
        if not least <= self.vocab_size <= _LARGEST:
            raise UsageError(
                f"A vocabulary of {self.vocab_size:,} tokens cannot be: 256 bytes and "
                f"{len(self.special_tokens)} special tokens need {least:,}, and {_LARGEST:,} are the most. "
                "Choose a size between."
            )
        if self.threads is not None and self.threads < 1:
            raise UsageError(f"{self.threads} threads cannot count; give 1 or more, or none for all processors.")
        find_pattern(self.pattern)

    @property
    def compiled(self) -> Pattern:
        """The pattern itself."""
        return find_pattern(self.pattern)

    @property
    def planned_merges(self) -> int:
        """How many merges fill the vocabulary."""
        return self.vocab_size - 256 - len(self.special_tokens)

    def as_json(self) -> dict[str, Any]:
        """The options for `training.json`."""
        return asdict(self) | {"tie": self.tie.value}
