"""May things move? How long a change of a chart takes, and whether the desktop's user wants movement at all."""

from typing import Final

from PySide6.QtCore import QEasingCurve, QObject, QVariantAnimation
from PySide6.QtWidgets import QStyle, QWidget

CHANGE_MS: Final = 160


def is_motion_wanted(widget: QWidget) -> bool:
    """What the desktop's setting says, as the style passes it on."""
    return widget.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, widget) > 0


def easing(parent: QObject, milliseconds: int = CHANGE_MS) -> QVariantAnimation:
    """From 0 to 1, fast at first; started by the caller, and at any time from the beginning again."""
    made = QVariantAnimation(parent)
    made.setStartValue(0.0)
    made.setEndValue(1.0)
    made.setDuration(milliseconds)
    made.setEasingCurve(QEasingCurve.Type.OutCubic)
    return made
