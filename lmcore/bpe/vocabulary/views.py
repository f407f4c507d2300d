"""Which tokens are worth a look, and why do they exist? Ways of looking at a vocabulary, a sentence each."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import numpy as np

from lmcore.bpe.vocabulary.characters import Bools, Ints
from lmcore.bpe.vocabulary.columns import Vocabulary
from lmcore.bpe.vocabulary.kinds import WORDS, Kind
from lmcore.bpe.vocabulary.ordering import Column
from lmcore.bpe.vocabulary.scripts import SCRIPTS


class View(Enum):
    """The views, in the order in which they are offered."""

    ALL = auto()
    WORDS = auto()
    RUNS = auto()
    BLANK = auto()
    BROKEN = auto()
    NUMBERS = auto()
    NO_LETTER = auto()
    SPACE_PAIRS = auto()
    CASE_VARIANTS = auto()
    MOJIBAKE = auto()
    SPECIAL = auto()
    UNREACHABLE = auto()
    UNUSED = auto()


@dataclass(frozen=True)
class ViewWords:
    """A view's name, why such tokens arise, and by what they are sorted at first."""

    name: str
    why: str
    column: Column = Column.ID
    descending: bool = False


WORDING: Final[Mapping[View, ViewWords]] = {
    View.ALL: ViewWords(
        "All tokens",
        "First the 256 bytes, then one token a merge: the most frequent pair of neighbours at that moment. A low id "
        "was learned early.",
    ),
    View.WORDS: ViewWords(
        "Longest words",
        "Long words win a place when a corpus repeats them: legal text, job advertisements, licences.",
        Column.BYTES,
        True,
    ),
    View.RUNS: ViewWords(
        "Runs of one character",
        "Rules, dots and indentation are the same character again and again. Each merge can double a run, so a few "
        "merges make very long ones.",
        Column.BYTES,
        True,
    ),
    View.BLANK: ViewWords(
        "Whitespace",
        "Indented code and tables hold long stretches of spaces, tabs and line ends. They are pre-tokens of their own, "
        "so their lengths become tokens.",
        Column.BYTES,
        True,
    ),
    View.BROKEN: ViewWords(
        "Not valid UTF-8 alone",
        "Merges join bytes, not characters. Where the scripts of a corpus share first bytes, a token can end in the "
        "middle of a character; only together with its neighbours does it decode.",
        Column.BYTES,
        True,
    ),
    View.NUMBERS: ViewWords(
        "Numbers",
        "How long a number can be is decided by the pre-token pattern: some cut after three digits, some after one, "
        "gpt2 never. Years and round numbers come first.",
    ),
    View.NO_LETTER: ViewWords(
        "No letter",
        "Punctuation that stands together, brackets and quotation marks of code, emoji: frequent neighbours, though no "
        "words.",
    ),
    View.SPACE_PAIRS: ViewWords(
        "Leading-space pairs",
        "To BPE, a word behind a space and the same word without one have nothing in common. A frequent word takes "
        "two places, and a model learns it twice.",
        Column.TOKEN,
    ),
    View.CASE_VARIANTS: ViewWords(
        "Case variants",
        "Capitals are other bytes. A word at the start of a sentence or in a heading is another token than within it.",
        Column.TOKEN,
    ),
    View.MOJIBAKE: ViewWords(
        "Mojibake",
        "UTF-8 that was read as Windows-1252 and saved once more: “é” became “Ã©”. The web is full of it, so a corpus "
        "from there has tokens for it.",
        Column.BYTES,
        True,
    ),
    View.SPECIAL: ViewWords(
        "Special tokens",
        "They were not learned but given, and are matched whole before anything else: where a document ends, where "
        "a turn begins.",
    ),
    View.UNREACHABLE: ViewWords(
        "No text reaches them",
        "Merging the token’s own bytes gives other tokens, or the pre-token pattern cuts it apart in every text tried. "
        "What no text becomes, a model never learns the meaning of.",
        Column.BYTES,
        True,
    ),
    View.UNUSED: ViewWords(
        "Never in the corpus",
        "Steps on the way to longer tokens, words of another corpus, other languages. What a model never sees it "
        "cannot use: such tokens cost memory alone.",
        Column.BYTES,
        True,
    ),
}


class Views:
    """Which rows each view shows. Two are known only later: None until then."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        kinds, ordinary = vocabulary.kinds, ~vocabulary.special
        self._special = vocabulary.special
        self._masks: dict[View, Bools | None] = {
            View.ALL: np.ones(len(vocabulary), bool),
            View.WORDS: np.isin(kinds, WORDS),
            View.RUNS: vocabulary.runs & ordinary,
            View.BLANK: kinds == Kind.BLANK,
            View.BROKEN: kinds == Kind.BROKEN,
            View.NUMBERS: kinds == Kind.NUMBER,
            View.NO_LETTER: ~vocabulary.has_letter & (kinds != Kind.BROKEN) & ordinary,
            View.SPACE_PAIRS: vocabulary.space_pairs & ordinary,
            View.CASE_VARIANTS: vocabulary.case_variants & ordinary,
            View.MOJIBAKE: vocabulary.mojibake & ordinary,
            View.SPECIAL: vocabulary.special,
            View.UNREACHABLE: None,
            View.UNUSED: None,
        }

    def mask(self, view: View) -> Bools | None:
        """Which rows the view shows, or None where that is not known yet."""
        return self._masks[view]

    def count(self, view: View) -> int | None:
        """How many."""
        mask = self._masks[view]
        return None if mask is None else int(np.count_nonzero(mask))

    def set_unreachable(self, mask: Bools) -> None:
        """These can come out of no text."""
        self._masks[View.UNREACHABLE] = mask

    def set_used(self, used: Ints | None) -> None:
        """How often each token stands in the corpus; special tokens are not missed there. None: not known."""
        self._masks[View.UNUSED] = None if used is None else (used == 0) & ~self._special


def script_counts(vocabulary: Vocabulary) -> list[tuple[int, int]]:
    """The scripts there are with their tokens, the most frequent first: [(script, tokens)]."""
    counts = np.bincount(vocabulary.scripts, minlength=len(SCRIPTS))
    order = np.argsort(-counts, kind="stable")
    return [(int(script), int(counts[script])) for script in order if counts[script]]
