"""Which tokenizer encodes the text? The bundled one, those of the session, or one of a file.

One that was trained in this window and not saved is written down among what can be made again when it is chosen.
"""

from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Signal

from app.jobs import Job
from app.pages.training.setup.chosen import BUNDLED
from app.session import BUNDLED_NAME, Session, TokenizerInfo
from app.widgets.choice import Choice
from app.widgets.dialogs import ask_tokenizer
from lmcore import figures, paths
from lmcore.bpe.naming import name_of_path
from lmcore.bpe.token_file import tokenizer_digest
from lmcore.paths import resource

OPEN: Final = "Open a tokenizer …"
NONE: Final = "none: no texts, no bits per byte"


class TokenizerChoice(Choice):
    """The tokenizers that are known; it follows the session."""

    path_chosen = Signal(str)
    """Where the tokenizer is; "" for none."""
    failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__("Tokenizer")
        self._session = session
        self._path, self._may_lack = "", False
        self._places: list[str | TokenizerInfo | None] = []
        self._kept: dict[int, str] = {}
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.activated.connect(self._chosen)
        session.tokenizer_changed.connect(lambda _info: self._fill())

    @property
    def known(self) -> tuple[str, ...]:
        """Where the tokenizers are that can be chosen."""
        return tuple(place for place in map(self._where, self._places) if place and Path(place).exists())

    def show_path(self, path: str, *, may_lack: bool) -> None:
        """Show which is chosen; with `may_lack` there need not be one."""
        if (path, may_lack) != (self._path, self._may_lack) or not self._places:
            self._path, self._may_lack = path, may_lack
            self._fill()

    def _fill(self) -> None:
        bundled = str(resource(BUNDLED))
        self._places = [*([""] if self._may_lack else []), bundled]
        names = [*([NONE] if self._may_lack else []), BUNDLED_NAME]
        for info in self._session.tokenizers:
            if info.path is None or str(info.path) != bundled:
                self._places.append(info)
                names.append(f"{info.name} · {figures.count(info.vocab_size)}")
        known = [self._where(place) for place in self._places]
        if self._path and self._path not in known:
            self._places.append(self._path)
            names.append(name_of_path(Path(self._path), set()))
            known.append(self._path)
        self.clear()
        self.addItems([*names, OPEN])
        self._places.append(None)
        self.setCurrentIndex(known.index(self._path) if self._path in known else -1)
        self.setPlaceholderText("Choose a tokenizer")
        self.setToolTip(self._path)

    def _where(self, place: str | TokenizerInfo | None) -> str:
        """Where a tokenizer is; "" where it is nowhere yet."""
        if isinstance(place, TokenizerInfo):
            return str(place.path.absolute()) if place.path else self._kept.get(id(place.tokenizer), "")
        return place or ""

    def _chosen(self, at: int) -> None:
        place = self._places[at]
        if place is None:
            if (path := ask_tokenizer(self.window())) is not None:
                self.path_chosen.emit(str(path))
            else:
                self._fill()
        elif isinstance(place, TokenizerInfo) and place.path is None:
            self._keep(place)
        else:
            self.path_chosen.emit(self._where(place))

    def _keep(self, info: TokenizerInfo) -> None:
        """Write a tokenizer down that is nowhere yet, and choose it."""
        job = Job(partial(_save, info))
        job.finished.connect(partial(self._saved, info))
        job.failed.connect(lambda error: self.failed.emit(str(error)))
        self._session.jobs.start(job)

    def _saved(self, info: TokenizerInfo, place: Path) -> None:
        self._kept[id(info.tokenizer)] = str(place)
        self.path_chosen.emit(str(place))


def _save(info: TokenizerInfo) -> Generator[Any, None, Path]:
    """Write a tokenizer into a folder of its own, which no other of the same name can take; where that is."""
    yield
    place = paths.data_dir() / "tokenizers" / tokenizer_digest(info.tokenizer)[:12] / info.name
    if not place.exists():
        info.tokenizer.save(place)
    return place
