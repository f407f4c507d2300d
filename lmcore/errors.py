"""What can go wrong that the user can mend? One family of errors, each a sentence with the place and the remedy."""

from pathlib import Path


class LmError(Exception):
    """Shown to users as it is, without a traceback; the exit status of a command is 1."""

    status = 1


class StoppedError(LmError):
    """The user broke off a command; says what is kept. The exit status is that of a shell's interrupt."""

    status = 130


class UsageError(LmError, ValueError):
    """Wrong arguments or unusable input; the exit status of a command is 2."""

    status = 2


class CorpusError(UsageError):
    """A file of the corpus cannot be read as text."""


class TokenizerError(UsageError):
    """A tokenizer file cannot be used."""


class UnknownPatternError(TokenizerError):
    """A tokenizer file does not say how text is cut into pre-tokens; it can be opened if that is given.

    `path` is the file, as soon as that is known.
    """

    def __init__(self, sentence: str, path: Path | None = None) -> None:
        super().__init__(sentence)
        self.path = path


class ModelError(UsageError):
    """A model of such sizes cannot be built, or its weights cannot be read."""


def not_written(place: Path | str, error: OSError, remedy: str = "Choose another folder, or free some space.") -> str:
    """What to say where the system did not take something: the place, why, and what to do about it."""
    return f"{place} cannot be written: {error.strerror or error}. {remedy}"
