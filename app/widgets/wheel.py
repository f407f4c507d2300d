"""When does the wheel change a value? Only with the focus: what scrolls past under the wheel must not change."""

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QWidget


def wheel_is_meant(widget: QWidget, event: QWheelEvent) -> bool:
    """Whether `widget` should take the wheel; if not, the event is passed on to what scrolls."""
    if not widget.hasFocus():
        event.ignore()
        return False
    return True
