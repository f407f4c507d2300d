"""Which typeface and size does a piece of text have? The two bundled families and the type scale.

Sizes are pixels at a factor of 1.0. The factor is the application font's size over 13, so that every widget
can ask for a style without being told the user's choice.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

from lmcore.paths import resource

INTER: Final = "Inter"
MONO: Final = "JetBrains Mono"
FILES: Final = (
    *("Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf"),
    *("JetBrainsMono-Regular.ttf", "JetBrainsMono-Medium.ttf"),
)


@dataclass(frozen=True)
class TypeStyle:
    """One line of the type scale: `pixels` high letters on lines of `line` pixels, both at factor 1.0."""

    pixels: int
    line: int
    weight: QFont.Weight = QFont.Weight.Normal
    family: str = INTER

    def font(self, factor: float | None = None) -> QFont:
        """This style at `factor`, or at the application's present one."""
        return QFont(_shared(self.family, scaled(self.pixels, factor), self.weight))


TITLE: Final = TypeStyle(18, 24, QFont.Weight.DemiBold)
FIGURE: Final = TypeStyle(22, 28, QFont.Weight.DemiBold)
SECTION: Final = TypeStyle(13, 20, QFont.Weight.DemiBold)
BODY: Final = TypeStyle(13, 20)
TABLE: Final = TypeStyle(12, 16)
CAPTION: Final = TypeStyle(12, 16)
AXIS: Final = TypeStyle(11, 14)
MONO_BODY: Final = TypeStyle(13, 20, family=MONO)
MONO_TABLE: Final = TypeStyle(12, 16, family=MONO)
MONO_AXIS: Final = TypeStyle(11, 14, family=MONO)
TOKEN: Final = TypeStyle(14, 24, family=MONO)


@lru_cache(maxsize=256)
def _shared(family: str, pixels: int, weight: QFont.Weight) -> QFont:
    """What all fonts of a size are copies of: they share what Qt has looked up of it, which takes longer than to paint
    a word.
    """
    made = QFont(family)
    made.setPixelSize(pixels)
    made.setWeight(weight)
    if family == MONO:
        made.setFeature(QFont.Tag("calt"), 0)
        made.setFeature(QFont.Tag("liga"), 0)
    else:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def factor() -> float:
    """How much larger than drawn the user wants the text: 1.0 for a 13-pixel application font."""
    pixels = QGuiApplication.font().pixelSize()
    return pixels / BODY.pixels if pixels > 0 else 1.0


def scaled(pixels: int, by: float | None = None) -> int:
    """A length that grows with the text: `scaled(26)` is a row's height in pixels."""
    return max(1, round(pixels * (factor() if by is None else by)))


def load_fonts() -> None:
    """Make the bundled families known to Qt; a `RuntimeError` names a file that it cannot read."""
    for name in FILES:
        path = resource(f"fonts/{name}")
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise RuntimeError(f"The font {path} cannot be read. Install LM Explorer again.")
