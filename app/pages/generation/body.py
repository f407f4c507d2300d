"""Of what is the page made, and where does each part stand? The inspector beside the prompt, the text and what is known
of it; before there is a model, the ways to one.
"""

from collections.abc import Generator
from typing import Final, Self

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app import fonts
from app.pages.generation.panel import Panel
from app.pages.generation.panes import MARGIN, Panes
from app.pages.generation.prompt_box import PromptBox
from app.pages.generation.views import Views
from app.settings import Settings
from app.widgets.buttons import Button
from app.widgets.empty_state import EmptyState
from app.widgets.labels import Hairline

SPLITTER: Final = "generation"
UPPER, LOWER = 352, 456
FITS: Final = 500
"""Pixels, at the drawn text size, from which on a page can do without scrolling."""
EMPTY, FULL = range(2)
NOTHING_YET: Final = (
    "A run of the Training page can speak here, or a folder of Hugging Face with a model of the Llama or Qwen3 kind."
)
SOON: Final = "“{}” is being trained. It can speak here from its first checkpoint on."


class Places(QStackedWidget):
    """The places of all that stands under the page's messages. The user says how high the upper and lower ones are."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.train_button = Button("Train on the sample", icon="chart-line")
        self.open_button = Button("Open a folder …", icon="folder-open")
        ways = (self.train_button, self.open_button)
        self.empty = EmptyState("message-square-text", "No model yet", NOTHING_YET, ways)
        self.full = QWidget(self)
        self.splitter = QSplitter(Qt.Orientation.Vertical, self.full)
        self.above, self.below = QWidget(self.splitter), QWidget(self.splitter)
        for half in (self.above, self.below):
            self.splitter.addWidget(half)
        self.addWidget(self.empty)
        self.addWidget(self.full)
        self.setCurrentIndex(FULL)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([UPPER, LOWER])


class Body:
    """The parts in their places, and the buttons of the page's header."""

    def __init__(self, places: Places, panel: Panel, panes: Panes, settings: Settings) -> None:
        self.places, self.panel, self.panes = places, panel, panes
        self.prompt = PromptBox(places.above)
        self.views = Views(panes)
        self.score_button = Button("Score a text", icon="scan-text")
        self.copy_button = Button("Copy", icon="copy")
        self.generate_button = Button("Generate", icon="play", kind="primary")
        self.earlier_button = Button(icon="history", kind="bare", small=True, name="What was said before")
        self.earlier_button.setEnabled(False)
        self._place_whole()
        self._place_upper()
        self._place_lower()
        splitter = places.splitter
        splitter.restoreState(settings.splitter(SPLITTER))
        splitter.splitterMoved.connect(lambda: settings.set_splitter(SPLITTER, splitter.saveState()))

    @classmethod
    def making(cls, places: Places, settings: Settings) -> Generator[None, None, Self]:
        """All of it, made a part a turn."""
        panel = yield from Panel.making(places.full)
        yield
        panes = yield from Panes.making(places.above, places.below)
        yield
        return cls(places, panel, panes, settings)

    def show_empty(self, empty: bool) -> None:
        """Show the ways to a model in place of all else, or no longer."""
        self.places.setCurrentIndex(EMPTY if empty else FULL)

    def show_first(self, name: str) -> None:
        """Say which run is on its way to its first checkpoint, if one is; the sample is not to be trained beside it."""
        self.places.empty.set_sentence(SOON.format(name) if name else NOTHING_YET)
        self.places.train_button.setVisible(not name)

    def fit(self, room: int) -> None:
        """Have heights for so many pixels. Large text for which the page scrolls gets panes that do not scroll too."""
        self.panes.fit(roomy=fonts.factor() > 1 and room < fonts.scaled(FITS))

    def _place_whole(self) -> None:
        line = QHBoxLayout(self.places.full)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self.panel)
        line.addWidget(Hairline(Qt.Orientation.Vertical))
        line.addWidget(self.places.splitter, 1)

    def _place_upper(self) -> None:
        """The prompt over the text."""
        column = _column(self.places.above)
        prompt = QHBoxLayout()
        prompt.setContentsMargins(MARGIN, 14, MARGIN, 4)
        column.addLayout(prompt)
        prompt.addWidget(self.prompt)
        prompt.addWidget(self.earlier_button)
        column.addWidget(self.panes.text, 1)

    def _place_lower(self) -> None:
        """The strip over the distribution and the branches."""
        column = _column(self.places.below)
        column.addWidget(self.panes.strip)
        column.addWidget(Hairline())
        column.addWidget(self.panes.beside, 1)


def _column(of: QWidget) -> QVBoxLayout:
    made = QVBoxLayout(of)
    made.setContentsMargins(0, 0, 0, 0)
    made.setSpacing(0)
    return made
