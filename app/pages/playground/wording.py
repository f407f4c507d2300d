"""What does the page say? Its sentences, and the text that it begins with."""

from pathlib import Path
from typing import Final

from lmcore import figures

SAMPLE: Final = """\
Once upon a time, a lighthouse keeper apologised enthusiastically to the neighbourhood’s whales.
Attention dominates the FLOPs beyond 9,600 tokens; tokenization is lossless.
Привет, мир! 你好世界。 مرحبا بالعالم 🎉🎉 👩‍🚀 naïve café
def mean(xs): return sum(xs) / len(xs)
3.14159 + 2024 = 2027.14159<|endoftext|>
"""
SPECIALS_TIP: Final = (
    "Whether text that spells a special token becomes that token. "
    "Switch it off for text that you do not trust: then it is cut like any other."
)
TOKENIZER_ENDINGS: Final = frozenset({".json", ".tiktoken"})


def is_tokenizer(path: Path) -> bool:
    """Whether a file or folder looks like a tokenizer rather than a text."""
    return path.suffix in TOKENIZER_ENDINGS or path.name == "merges.txt" or path.is_dir()


def status(size: int, controls: int, seconds: float, columns: int) -> str:
    """What the status bar says of the text."""
    bytes_ = f"{figures.count(size)} {'byte' if size == 1 else 'bytes'}"
    legend = " · a line below: cut differently" if columns > 1 else ""
    if controls:
        bytes_ += f" · {figures.count(controls)} control {'character' if controls == 1 else 'characters'}"
    return f"{bytes_} · encoded in {milliseconds(seconds)}{legend}"


def milliseconds(seconds: float) -> str:
    """A short time: milliseconds(0.00021) -> "0.2 ms"."""
    return f"{max(seconds * 1000, 0.1):.1f} ms" if seconds < 0.01 else figures.duration(seconds)


def copied(title: str, count: int) -> str:
    """What was copied."""
    return f"{figures.count(count)} {'id' if count == 1 else 'ids'} of {title} copied"
