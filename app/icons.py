"""How does an icon get its colour? Lucide drawings, stroked in a colour of the theme, sharp on any screen.

Widgets paint icons when they paint themselves, so a change of theme needs no second mechanism. `icon` makes a
QIcon of the present palette for the few Qt classes that insist on one.
"""

from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.theme import Theme
from lmcore.paths import resource

SIZE: Final = 16
GRID: Final = 24
RATIOS: Final = (1.0, 1.25, 1.5, 2.0, 3.0)
KEPT: Final = 512
"""Drawings that are kept: all icons in several colours, of a kilobyte each."""
AT_ONCE: Final = 4
"""Icons that are drawn ahead in a turn."""


def picture(name: str, colour: QColor | str, size: int = SIZE, ratio: float = 1.0) -> QImage:
    """The icon `name` in `colour`, `size` logical pixels square, for a screen of `ratio` pixels each."""
    return _tinted(name, QColor(colour).name(QColor.NameFormat.HexArgb), size, ratio)


def drawing(ratio: float) -> Generator[None, None, None]:
    """Draw every icon ahead of its first use, a few a turn: each takes a millisecond, and a page may show ten."""
    for place, path in enumerate(sorted(resource("icons").glob("*.svg")), 1):
        _drawn(path.stem, SIZE, ratio)
        if place % AT_ONCE == 0:
            yield


@lru_cache(maxsize=KEPT)
def _tinted(name: str, code: str, size: int, ratio: float) -> QImage:
    made = QImage(_drawn(name, size, ratio))
    painter = QPainter(made)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(QRectF(0, 0, size, size), QColor(code))
    painter.end()
    return made


@lru_cache(maxsize=KEPT)
def _drawn(name: str, size: int, ratio: float) -> QImage:
    """In black. Kept here, since Qt's cache of pixmaps forgets twice a minute what is not on the screen."""
    stroke = (1.5 if size <= 20 else 2.0) * GRID / size
    svg = resource(f"icons/{name}.svg").read_text(encoding="utf-8").replace("currentColor", "#000000")
    svg = svg.replace('stroke-width="2"', f'stroke-width="{stroke:.3f}"')
    made = QImage(QSize(size, size) * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, made.width(), made.height()))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made


def paint_icon(painter: QPainter, at: QPointF, name: str, colour: QColor | str, size: int = SIZE) -> None:
    """Paint the icon with its top left corner at `at`, rounded to the pixel."""
    ratio = painter.device().devicePixelRatio()
    painter.drawImage(QPointF(round(at.x()), round(at.y())), picture(name, colour, size, ratio))


def icon(name: str, colour: Callable[[Theme], str] = lambda theme: theme.secondary, size: int = SIZE) -> QIcon:
    """A QIcon in a colour of the application's present theme, greyed where its control is disabled."""
    theme = Theme.of(QGuiApplication.palette())
    made = QIcon()
    for ratio in RATIOS:
        for tint, mode in ((colour(theme), QIcon.Mode.Normal), (theme.disabled, QIcon.Mode.Disabled)):
            made.addPixmap(QPixmap.fromImage(picture(name, tint, size, ratio)), mode)
    return made
