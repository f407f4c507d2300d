"""What does the page say above its panes, and in which case? A greeting, errors with a way out, what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from app.pages.bpe_training import wording
from app.pages.bpe_training.panel import Panel
from app.settings import Settings
from app.widgets.messages import Messages
from lmcore.bpe.options import Options
from lmcore.errors import CorpusError, LmError

if TYPE_CHECKING:
    from lmcore.bpe.forecast import Forecast
    from lmcore.bpe.patterns import Pattern

BANNER: Final = "bpe-sample"


class Telling:
    """Puts sentences into the page's strips."""

    def __init__(self, messages: Messages, panel: Panel, settings: Settings) -> None:
        self._messages, self._panel, self._settings = messages, panel, settings
        messages.dismissed.connect(lambda: settings.dismiss(BANNER))

    def read_options(self) -> Options | None:
        """What the inputs say; where they cannot be, that is told."""
        try:
            return self._panel.options()
        except LmError as error:
            self._messages.clear()
            self._messages.tell("error", str(error))
            return None

    def greet(self, forecast: "Forecast | None", *, begun: bool) -> None:
        """Greet whoever has the sample before them, until they close the banner for good."""
        if self._panel.corpus.is_sample and not begun and not self._settings.dismissed(BANNER):
            size = self._panel.options().vocab_size
            self._messages.show_banner(wording.BANNER, wording.promise(size, forecast))
        else:
            self._messages.hide_banner()

    def tell_kept(self) -> None:
        """The panes show a training that came to nothing; the one before it is not lost."""
        self._messages.tell("info", wording.KEPT)

    def tell_error(self, error: BaseException) -> None:
        """Say what the user can mend, with a button where one does it; the rest is the error reporter's."""
        if not isinstance(error, LmError):
            raise error
        bad_line = isinstance(error, CorpusError) and "leave out bad lines" in str(error)
        actions = [("Leave out bad lines", self._panel.leave_out_bad_lines)] if bad_line else []
        self._messages.tell("error", str(error), actions)

    def tell_saved(self, folder: Path, pattern: "Pattern") -> None:
        """Where the result is, and what opens it."""
        show = ("Show the folder", lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))))
        self._messages.tell("success", wording.saved(folder, pattern), [show])
