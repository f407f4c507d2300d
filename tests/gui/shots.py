"""Do the widgets that we paint look as they did? Grabs are compared with the pictures in tests/golden.

`pytest tests/gui --update-shots` writes the pictures anew; look at them before you keep them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from app import style
from app.theme import DARK, LIGHT, Theme

GOLDEN: Final = Path(__file__).parent.parent / "golden"
FAR: Final = 32
ALLOWED: Final = 0.001

Shot = Callable[[QWidget, str], float]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-shots", action="store_true", help="write the pictures in tests/golden anew")


def pixels(image: QImage) -> NDArray[np.uint8]:
    """The colours of an image, [height, width, 3]."""
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    data = np.frombuffer(plain.constBits(), dtype=np.uint8).reshape(plain.height(), plain.bytesPerLine() // 4, 4)
    return data[:, : plain.width(), :3].copy()


def difference(image: QImage, golden: QImage) -> float:
    """The share of pixels in which some colour is off by more than `FAR`; 1.0 for images of different sizes."""
    if image.size() != golden.size():
        return 1.0
    off = np.abs(pixels(image).astype(np.int16) - pixels(golden).astype(np.int16)).max(axis=2)
    return float((off > FAR).mean())


@pytest.fixture
def shot(request: pytest.FixtureRequest) -> Shot:
    """Compares a widget with the picture of that name, which it writes anew if asked to; gives their `difference`.

    A test asserts that it is less than `ALLOWED`; where there is no such picture, it is 1.
    """

    def compare(widget: QWidget, name: str) -> float:
        image, path = widget.grab().toImage(), GOLDEN / f"{name}.png"
        if request.config.getoption("--update-shots", default=False) and not image.save(str(path)):
            raise OSError(f"{path} cannot be written")
        return difference(image, QImage(str(path)))

    return compare


@pytest.fixture(params=[LIGHT, DARK], ids=lambda theme: cast(Theme, theme).name)
def theme(request: pytest.FixtureRequest, dressed: QApplication) -> Theme:
    """Both themes in turn, at the drawn text size."""
    style.apply(dressed, request.param, 1.0)
    return cast(Theme, request.param)
