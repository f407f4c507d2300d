"""What does the page have to say? Strips above its panes: a banner on the first run, then errors, warnings, results."""

import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.widgets.message import MessageStrip, Tone

Actions = Sequence[tuple[str, Callable[[], object]]]


class Messages(QWidget):
    """A column of strips that takes no room while there is nothing to say. `dismissed` when the banner is closed."""

    dismissed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._banner = MessageStrip("info", "", closable=True, wide=True)
        self._strips: list[MessageStrip] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._banner)
        self._banner.hide()
        self._banner.closed.connect(self.dismissed)

    @property
    def shown(self) -> list[str]:
        """What the strips say, from the top, each with its tone before it."""
        return [strip.accessibleName() for strip in (self._banner, *self._strips) if not strip.isHidden()]

    def show_banner(self, bold: str, text: str) -> None:
        """Show the banner, or say something else with it."""
        self._banner.show_message("info", bold, text)

    def hide_banner(self) -> None:
        """Take the banner away until it is shown again."""
        self._banner.hide()

    def tell(self, tone: Tone, text: str, actions: Actions = (), inputs: Sequence[QWidget] = ()) -> None:
        """Say something below what was said before; `text` is what and where, then the remedy.

        `inputs` and buttons for `actions` stand beside it.
        """
        strip = MessageStrip(tone, *split(text), actions=actions, inputs=inputs, closable=True, wide=True)
        self._strips.append(strip)
        self._column.addWidget(strip)
        strip.show()

    def tell_alone(self, tone: Tone, text: str, actions: Actions = ()) -> None:
        """Say this in place of what was said before; nothing where `text` is empty."""
        self.clear()
        if text:
            self.tell(tone, text, actions)

    def clear(self) -> None:
        """Take everything but the banner away."""
        for strip in self._strips:
            strip.hide()
            strip.deleteLater()
        self._strips.clear()


def split(text: str) -> tuple[str, str]:
    """What is said in bold, and the remedy: "a.txt: no such file; check the name." -> "a.txt: no such file."

    The first sentence is the bold one; of a single sentence what stands before the last semicolon.
    """
    sentence = re.search(r"[.!?](?= [A-Z“])", text)
    if sentence is not None:
        return text[: sentence.end()], text[sentence.end() + 1 :]
    what, semicolon, remedy = text.rpartition("; ")
    return (f"{what}.", remedy[:1].upper() + remedy[1:]) if semicolon else (text, "")
