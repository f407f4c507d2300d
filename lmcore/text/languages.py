"""How much room does one sentence take in seven languages, in each of the three encodings?"""

from typing import Final, NamedTuple

from lmcore.text.normal_forms import Sizes, sizes


class Sentence(NamedTuple):
    """A language and the sentence in it."""

    language: str
    text: str


SENTENCES: Final = (
    Sentence("English", "Good morning, the bread is warm."),
    Sentence("German", "Guten Morgen, das Brot ist schön warm."),
    Sentence("Russian", "Доброе утро, хлеб тёплый."),
    Sentence("Arabic", "صباح الخير، الخبز دافئ."),
    Sentence("Hindi", "सुप्रभात, रोटी गरम है।"),
    Sentence("Chinese", "早晨的面包是热的。"),
    Sentence("Japanese", "おはよう、パンは温かいです。"),
)


def whole_text() -> str:
    """All sentences, one a line."""
    return "\n".join(sentence.text for sentence in SENTENCES)


def all_sizes() -> tuple[tuple[Sentence, Sizes], ...]:
    """Every sentence with its sizes."""
    return tuple((sentence, sizes(sentence.text)) for sentence in SENTENCES)
