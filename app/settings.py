"""What does the application remember between two starts? A typed wrapper of QSettings, passed in, never global."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, cast, get_args

from PySide6.QtCore import QByteArray, QSettings

ThemeChoice = Literal["system", "light", "dark"]
RecentKind = Literal["corpora", "models", "tokenizers"]

SMALLEST: Final = 0.8
LARGEST: Final = 2.0
RECENT: Final = 10


class Settings:
    """The user's choices, kept in the ini file `path`; unreadable or foreign values give the default."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    @property
    def theme(self) -> ThemeChoice:
        """Which theme the user chose; "system" follows the desktop."""
        found = self._text("theme", "system")
        return cast(ThemeChoice, found) if found in get_args(ThemeChoice) else "system"

    @theme.setter
    def theme(self, choice: ThemeChoice) -> None:
        self._store.setValue("theme", choice)

    @property
    def font_factor(self) -> float:
        """How much larger than drawn text is, between `SMALLEST` and `LARGEST`."""
        try:
            found = float(self._text("font_factor", "1.0"))
        except ValueError:
            return 1.0
        return min(LARGEST, max(SMALLEST, found)) if found == found else 1.0

    @font_factor.setter
    def font_factor(self, factor: float) -> None:
        self._store.setValue("font_factor", f"{factor:.2f}")

    @property
    def last_page(self) -> str:
        """The key of the page shown when the window was closed, or nothing."""
        return self._text("window/page", "")

    @last_page.setter
    def last_page(self, key: str) -> None:
        self._store.setValue("window/page", key)

    @property
    def geometry(self) -> QByteArray:
        """What `QWidget.saveGeometry` gave, or nothing."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, state: QByteArray) -> None:
        self._store.setValue("window/geometry", state)

    @property
    def shape(self) -> str:
        """What the Shape page wrote of its inputs, or nothing."""
        return self._text("shape/inputs", "")

    @shape.setter
    def shape(self, written: str) -> None:
        self._store.setValue("shape/inputs", written)

    @property
    def training(self) -> str:
        """What the set-up of a training wrote of its inputs, or nothing."""
        return self._text("training/inputs", "")

    @training.setter
    def training(self, written: str) -> None:
        self._store.setValue("training/inputs", written)

    @property
    def run_columns(self) -> tuple[str, ...]:
        """The keys of the columns that the table of runs has, or none where nobody chose."""
        return tuple(filter(None, self._text("training/columns", "").split("\n")))

    @run_columns.setter
    def run_columns(self, keys: Iterable[str]) -> None:
        self._store.setValue("training/columns", "\n".join(keys))

    @property
    def run_order(self) -> tuple[str, bool] | None:
        """The key of the column that the table of runs is sorted by, and whether it falls; None where nobody chose."""
        falls, _, key = self._text("training/order", "").partition(" ")
        return (key, falls == "falls") if key else None

    @run_order.setter
    def run_order(self, order: tuple[str, bool]) -> None:
        key, falls = order
        self._store.setValue("training/order", f"{'falls' if falls else 'rises'} {key}")

    @property
    def curves(self) -> str:
        """What the Training page wrote of how its curves are drawn, as JSON, or nothing."""
        return self._text("training/curves", "")

    @curves.setter
    def curves(self, written: str) -> None:
        self._store.setValue("training/curves", written)

    def drawn_runs(self, root: Path) -> list[Path] | None:
        """The runs of a folder whose curves were drawn, in the order of their marks; None where nobody chose."""
        lines = self._text("training/drawn", "").split("\n")
        return [root / name for name in lines[1:] if name] if lines[0] == str(root) else None

    def set_drawn_runs(self, root: Path, paths: Iterable[Path]) -> None:
        """Remember them for the next start."""
        self._store.setValue("training/drawn", "\n".join([str(root), *(path.name for path in paths)]))

    def machine(self, device: str) -> str:
        """What was found out about this machine with the device asked for, as JSON, or nothing."""
        return self._text(f"machine/{device}", "")

    def set_machine(self, device: str, written: str) -> None:
        """Remember it for the next start."""
        self._store.setValue(f"machine/{device}", written)

    def splitter(self, name: str) -> QByteArray:
        """What `QSplitter.saveState` gave for the splitter `name`, or nothing."""
        return self._bytes(f"splitters/{name}")

    def set_splitter(self, name: str, state: QByteArray) -> None:
        """Remember the state of the splitter `name`."""
        self._store.setValue(f"splitters/{name}", state)

    def recent(self, kind: RecentKind) -> list[Path]:
        """The files and folders last used, newest first, at most `RECENT`; some may be gone."""
        return [Path(line) for line in self._text(f"recent/{kind}", "").splitlines() if line][:RECENT]

    def add_recent(self, kind: RecentKind, paths: Iterable[Path]) -> None:
        """Put `paths` first, each listed once."""
        lines = [str(path.absolute()) for path in paths] + [str(path) for path in self.recent(kind)]
        self._store.setValue(f"recent/{kind}", "\n".join(list(dict.fromkeys(lines))[:RECENT]))

    def dismissed(self, banner: str) -> bool:
        """Whether the user closed the banner `banner` for good."""
        return self._text(f"dismissed/{banner}", "") == "yes"

    def dismiss(self, banner: str) -> None:
        """Do not show the banner `banner` again."""
        self._store.setValue(f"dismissed/{banner}", "yes")

    def save(self) -> None:
        """Write now; Qt writes aside and renames."""
        self._store.sync()

    def _text(self, key: str, default: str) -> str:
        found = self._store.value(key, default)
        return found if isinstance(found, str) else default

    def _bytes(self, key: str) -> QByteArray:
        found = self._store.value(key)
        return found if isinstance(found, QByteArray) else QByteArray()
