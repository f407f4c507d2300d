"""What happens to an error that nobody expected? It is logged whole, and the window says one sentence about it."""

import logging
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from traceback import format_exception
from types import TracebackType
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal

from lmcore.errors import LmError

LOGGER: Final = "lm-explorer"


class ErrorReporter(QObject):
    """Takes the place of Python's own hooks, on every thread. `reported` comes on the GUI's thread."""

    reported = Signal(str, str)
    """A sentence, and the details for a report."""
    _caught = Signal(str, str)

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._logger = logging.getLogger(LOGGER)
        self._handler = RotatingFileHandler(log, maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._caught.connect(self.reported, Qt.ConnectionType.QueuedConnection)
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """From now on no error is lost."""
        self._logger.addHandler(self._handler)
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def remove(self) -> None:
        """Give Python its hooks back and close the log."""
        sys.excepthook, threading.excepthook = self._before
        self._logger.removeHandler(self._handler)
        self._handler.close()

    def report(self, error: BaseException) -> None:
        """Log `error` and say what it was; an LmError speaks for itself."""
        details = "".join(format_exception(error)).strip()
        self._logger.error("%s", details)
        print(details, file=sys.stderr)
        self._caught.emit(sentence(error), details)

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
        else:
            self.report(error.with_traceback(trace))

    def _thread_hook(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self.report(arguments.exc_value)


def sentence(error: BaseException) -> str:
    """One sentence about `error` for the user, whole and with a full stop."""
    words = str(error).strip().splitlines()
    if isinstance(error, LmError) and words:
        return words[0] if words[0].endswith(".") else f"{words[0]}."
    told = f"{type(error).__name__}: {words[0]}" if words else type(error).__name__
    return f"Something unexpected went wrong ({told.rstrip('.')})."
