"""Which vocabularies are known by the content of their files? Those whose `.tiktoken` ranks do not say the rest.

The figures are those of `tiktoken`: what cuts the text, and the special tokens with their ids. A digest is the SHA-256
of the ranks as `tiktoken_file.lines` writes them, which for these is the published file itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_END: Final = "<|endoftext|>"


@dataclass(frozen=True)
class Published:
    """What a published list of ranks is used with; `special_tokens` are ids by token."""

    name: str
    pattern: str
    special_tokens: Mapping[str, int]


BY_DIGEST: Final = {
    "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930": Published("r50k", "gpt2", {_END: 50256}),
    "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069": Published("p50k", "gpt2", {_END: 50256}),
    "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7": Published(
        "cl100k",
        "cl100k",
        {
            _END: 100257,
            "<|fim_prefix|>": 100258,
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    ),
    "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d": Published(
        "o200k", "o200k", {_END: 199999, "<|endofprompt|>": 200018}
    ),
}
