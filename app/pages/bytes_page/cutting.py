"""What are tokens cut with? The windows of the session's tokenizer, made by a job whenever that is another one."""

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.pages.bytes_page import work
from app.pages.bytes_page.background import start
from app.session import Session, TokenizerInfo

if TYPE_CHECKING:
    from lmcore.bpe.token_window import Windows


class Cutting(QObject):
    """Follows the session's tokenizer from `begin` on; until another one is ready, that before it goes on to serve."""

    changed = Signal()
    failed = Signal(object)
    """An exception."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._awaited: TokenizerInfo | None = None
        self.windows: Windows | None = None

    @property
    def settled(self) -> bool:
        """Whether there is a tokenizer, and no other one is on its way."""
        return self.windows is not None and self._awaited is None

    @property
    def name(self) -> str:
        """What the session's tokenizer is called, if tokens are cut."""
        info = self._session.tokenizer
        return info.name if self.windows is not None and info is not None else ""

    def begin(self) -> None:
        """Take the session's tokenizer, or have the bundled one opened where there is none."""
        self._session.tokenizer_changed.connect(self._take)
        if self._session.tokenizer is None:
            self._session.open_bundled_tokenizer()
        else:
            self._take(self._session.tokenizer)

    def count_tokens(self, data: bytes) -> int | None:
        """How many tokens a short text has; None where there is no tokenizer yet."""
        return len(self.windows.cut(data).tokens) if self.windows is not None else None

    def _take(self, info: TokenizerInfo | None) -> None:
        self._awaited = info
        if info is None:
            self._made(None, None)
            return
        making = partial(work.make_windows, info.tokenizer)
        start(self._session.jobs, making, partial(self._made, info), self.failed.emit)

    def _made(self, info: TokenizerInfo | None, windows: Any) -> None:
        if info is self._awaited:
            self._awaited, self.windows = None, windows
            self.changed.emit()
