"""How does what is painted become a file? As a picture in twice as many pixels, or as a drawing.

A picture is painted in the window and becomes a PNG on any thread: that takes longer than to paint it.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

Paint = Callable[[QPainter], object]
Content = Callable[[], bytes]
RATIO: Final = 2


def picture_of(size: QSize, paint: Paint) -> QImage:
    """A picture of so many points, each of two pixels across and down."""
    made = QImage(size * RATIO, QImage.Format.Format_ARGB32_Premultiplied)
    made.setDevicePixelRatio(RATIO)
    with QPainter(made) as painter:
        paint(painter)
    return made


def drawing_of(size: QSize, title: str, paint: Paint) -> bytes:
    """The same as SVG."""
    buffer, made = QBuffer(), QSvgGenerator()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made.setOutputDevice(buffer)
    made.setSize(size)
    made.setViewBox(QRect(QPoint(0, 0), size))
    made.setTitle(title)
    with QPainter(made) as painter:
        paint(painter)
    return bytes(buffer.data().data())


def png(picture: QImage) -> bytes:
    """A picture as the bytes of a PNG file; on any thread."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(picture)
    return bytes(buffer.data().data())


def content_of(path: Path, size: QSize, title: str, paint: Paint) -> Content:
    """What the file is to hold: a drawing where its name ends with .svg, else a picture. It is painted now, and may be
    encoded on any thread.
    """
    if path.suffix.lower() != ".svg":
        return partial(png, picture_of(size, paint))
    drawing = drawing_of(size, title, paint)
    return lambda: drawing
