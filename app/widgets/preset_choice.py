"""Which known model to begin with? All presets by family, and any config.json of Hugging Face."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QWidget

from app.widgets.choice import Choice
from lmcore.accounting.presets import Preset, families

OPEN: Final = "Open a config.json …"
LETTERS: Final = 12
"""That there is room for at least; the names in its list are longer."""


class PresetChoice(Choice):
    """The presets, a heading above each family. A shape that is none of them is shown by its name alone."""

    preset_chosen = Signal(object)
    """A Preset."""
    file_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Preset", parent=parent)
        self._presets: dict[int, Preset] = {}
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(LETTERS)
        self._fill()
        self.activated.connect(self._chosen)

    def show_name(self, name: str, title: str) -> None:
        """Show the preset of that name, or `title` where the shape is another by now."""
        place = next((place for place, preset in self._presets.items() if preset.name == name == title), -1)
        self.setPlaceholderText(title)
        if place != self.currentIndex():
            self.setCurrentIndex(place)
        self.setAccessibleDescription(title)

    def _fill(self) -> None:
        for family in families():
            self._add_heading(family.name)
            for preset in family.presets:
                self._presets[self.count()] = preset
                self.addItem(preset.name)
        self.insertSeparator(self.count())
        self.addItem(OPEN)
        self.setMaxVisibleItems(24)

    def _add_heading(self, words: str) -> None:
        """A line that cannot be chosen."""
        self.addItem(words)
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        item = model.item(self.count() - 1)
        item.setFlags(Qt.ItemFlag.NoItemFlags)

    def _chosen(self, place: int) -> None:
        if (preset := self._presets.get(place)) is not None:
            self.preset_chosen.emit(preset)
        elif self.itemText(place) == OPEN:
            self.file_asked.emit()
