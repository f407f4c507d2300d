"""Would the comparison of pictures notice a change, and let the noise of a rasterizer pass?"""

from PySide6.QtGui import QColor, QImage

from tests.gui.shots import ALLOWED, difference


def filled(width: int = 100, height: int = 100) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(100, 100, 100))
    return image


def test_noise_passes_and_changes_do_not() -> None:
    quiet, changed = filled(), filled()
    for place in range(100):
        quiet.setPixelColor(place, 50, QColor(100, 100 + 32, 100))
    for place in range(10):
        changed.setPixelColor(place, 50, QColor(100, 100, 100 - 33))
    assert difference(quiet, filled()) == 0
    assert difference(changed, filled()) == ALLOWED
    assert difference(filled(100, 101), filled()) == 1
