"""Which theme and text size is shown now? The user's choice where there is one, else the desktop's, live."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication

from app import style
from app.settings import LARGEST, SMALLEST, Settings, ThemeChoice
from app.theme import DARK, LIGHT, Theme

STEP = 0.1


class Appearance(QObject):
    """Keeps the application's palette, font and style sheet equal to the settings and to the desktop's scheme."""

    changed = Signal()

    def __init__(self, app: QApplication, settings: Settings) -> None:
        super().__init__()
        self._app = app
        self._settings = settings
        style.use_fusion(app)
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._follow)

    @property
    def theme(self) -> Theme:
        """The theme that should be shown."""
        choice = self._settings.theme
        if choice == "system":
            return DARK if self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
        return DARK if choice == "dark" else LIGHT

    @property
    def choice(self) -> ThemeChoice:
        """What the user chose."""
        return self._settings.theme

    def choose(self, choice: ThemeChoice) -> None:
        """Show light, dark, or what the desktop shows, and remember it."""
        self._settings.theme = choice
        self._apply()
        self.changed.emit()

    def toggle(self) -> None:
        """Light if it is dark, dark if it is light."""
        self.choose("light" if self.theme is DARK else "dark")

    def zoom(self, steps: int) -> None:
        """Text larger or smaller by `steps` tenths of the drawn size; 0 goes back to it."""
        wanted = self._settings.font_factor + steps * STEP if steps else 1.0
        self._settings.font_factor = min(LARGEST, max(SMALLEST, wanted))
        self._apply()
        self.changed.emit()

    def _follow(self) -> None:
        if self._settings.theme == "system":
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        style.apply(self._app, self.theme, self._settings.font_factor)
