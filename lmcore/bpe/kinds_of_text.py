"""How well does a tokenizer compress what people write? Small bundled samples of one kind of text each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lmcore.paths import resource

if TYPE_CHECKING:
    from lmcore.bpe.live_text import LiveText


@dataclass(frozen=True)
class KindOfText:
    """A kind and the name of its sample in `resources/sample/kinds`."""

    title: str
    file: str

    def read(self) -> bytes:
        """The sample, UTF-8."""
        return resource(f"sample/kinds/{self.file}").read_bytes()


KINDS: Final = (
    KindOfText("Children’s stories", "stories.txt"),
    KindOfText("Web pages", "web.txt"),
    KindOfText("Python code", "python.txt"),
    KindOfText("Russian", "russian.txt"),
    KindOfText("Arabic", "arabic.txt"),
    KindOfText("Chinese", "chinese.txt"),
    KindOfText("Numbers", "numbers.txt"),
    KindOfText("Emoji", "emoji.txt"),
)


def bytes_per_token(text: "LiveText") -> tuple[float, ...]:
    """Bytes a token on the sample of each kind, in order; `text` holds the last sample afterwards."""
    import numpy as np

    return tuple(
        len(data) / len(text.encode(np.frombuffer(data, np.uint8))) for data in (kind.read() for kind in KINDS)
    )
