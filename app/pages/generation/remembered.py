"""Where is what was said kept between two windows? In a folder that one window holds, a file a conversation.

Beside the settings stands `generation/`, in it `1/`, `2/` and so on. A window holds the first folder whose lock is
free, for as long as it lives, and is the only one to write there or to remove anything; what another open window says
stays that one's own until it has gone. What the folders of windows that are gone hold besides (more were open at once)
is read too, and moved into the own folder at the next writing. So nothing is said twice, nobody removes what another
one said, and what is removed stays removed.

A conversation's file is the one that "Save all branches" writes (`keeping`), named by model, its files and prompt.
`page.json` has the inputs. Only what is others than on the disk is written. At most `BOUND` bytes of conversations are
kept: the ones that were said last, and in any case the one on the screen. One that was dropped is written again once it
is on the screen, or more is said of it.
"""

import json
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from copy import copy
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, Final

from app.pages.generation import keeping
from app.pages.generation.conversation import Conversation, Conversations
from app.pages.generation.tokens import SamplingChoice
from lmcore.atomic import writing_aside
from lmcore.errors import UsageError
from lmcore.training.locks import LockedError, holding, is_held

LOCK: Final = "lock"
INPUTS: Final = "page.json"
BOUND: Final = 16 << 20
"""Bytes of conversations that are kept: some 27,000 tokens with what else each could have been."""


@dataclass(frozen=True)
class Inputs:
    """What the page was told: the prompt, how and how much is drawn, which model speaks, and what is on the screen."""

    prompt: str
    scored: str
    """The text that is scored."""
    sampling: SamplingChoice
    most_tokens: int
    model: str
    shown: str
    """The name of the conversation on the screen, see `name_of`."""


@dataclass(frozen=True)
class Found:
    """What the windows before left: conversations, the one that was written last at the end; the files that are to go
    once it is written here, and those that were passed over, since they cannot be read.
    """

    conversations: tuple[Conversation, ...] = ()
    inputs: Inputs | None = None
    taken_over: tuple[Path, ...] = ()
    unread: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Said:
    """A conversation as it is now, to be written on a thread, and what is said of its model."""

    conversation: Conversation
    about: Mapping[str, Any]

    @classmethod
    def of(cls, conversation: Conversation, about: Mapping[str, Any]) -> "Said":
        """Its tree is frozen, so that a copy of the rest is enough."""
        return cls(copy(conversation), about)


def name_of(conversation: Conversation) -> str:
    """The name of a conversation's file: that of the same model, with the same files, and the same prompt."""
    key = [conversation.model, conversation.version, conversation.prompt]
    return f"{sha256(json.dumps(key).encode()).hexdigest()[:24]}.json"


class Remembered:
    """The folders below `root`; every method may be called from any thread."""

    def __init__(self, root: Path, bound: int = BOUND) -> None:
        self._root, self._bound = root, bound
        self._folder: Path | None = None
        self._written: dict[str, tuple[object, ...]] = {}
        self._dropped: dict[str, tuple[object, ...]] = {}
        self._inputs: Inputs | None = None
        self._closed = False
        self._locks = ExitStack()
        self._turn = threading.RLock()

    def reading(self) -> Generator[None, None, Found]:
        """What is there; yields between two files."""
        yield
        said, inputs, taken_over, unread = list[Conversation](), None, list[Path](), list[Path]()
        for path in self._files():
            yield
            try:
                if path.name == INPUTS:
                    inputs = _inputs_in(path)
                else:
                    said.append(self._loaded(path))
            except UsageError:
                unread.append(path)
            else:
                if path.parent != self._folder:
                    taken_over.append(path)
        return Found(tuple(said), inputs, tuple(taken_over), tuple(unread))

    def write(self, every: Iterable[Said], inputs: Inputs, taken_over: Iterable[Path] = ()) -> None:
        """Have the disk say what is said now; what was `taken_over` is among that, and its files go.

        Nothing is done once it is closed. Raises `OSError` or `LmError` where it cannot be.
        """
        with self._turn:
            if self._closed:
                return
            folder = self._claimed()
            for said in every:
                self._write_one(folder, said, inputs.shown)
            if inputs != self._inputs:
                with writing_aside(folder / INPUTS) as file:
                    json.dump(asdict(inputs), file, ensure_ascii=False)
                self._inputs = inputs
            for path in taken_over:
                path.unlink(missing_ok=True)
            for name in _make_room(folder, self._bound, inputs.shown):
                if name in self._written:
                    self._dropped[name] = self._written.pop(name)

    def write_last(self, every: Iterable[Said], inputs: Inputs, taken_over: Iterable[Path] = ()) -> None:
        """Write, and close before anybody else can write what was said before. Raises as `write` does."""
        with self._turn:
            try:
                self.write(every, inputs, taken_over)
            finally:
                self.close()

    def close(self) -> None:
        """Let the folder go, for the next window to take it."""
        with self._turn:
            self._closed = True
            self._locks.close()

    def _write_one(self, folder: Path, said: Said, shown: str) -> None:
        conversation, state = said.conversation, _state(said.conversation)
        name, path = name_of(conversation), folder / name_of(conversation)
        if state == self._written.get(name) or (name != shown and state == self._dropped.get(name)):
            return
        self._dropped.pop(name, None)
        if not conversation.tree:
            if name in self._written:
                path.unlink(missing_ok=True)  # all was removed
                del self._written[name]
            return
        if name not in self._written and path.exists():  # which has not been read yet
            conversation = _joined(path, conversation)
        keeping.save(path, conversation, said.about)
        self._written[name] = state

    def _files(self) -> list[Path]:
        """All that the windows before left, the oldest first; the folders are held from now on."""
        with self._turn:
            if self._closed or not self._root.is_dir():
                return []
            own = self._claimed()
            others = [folder for folder in _folders(self._root) if folder != own and self._held(folder)]
            found = [path for folder in (own, *others) for path in folder.glob("*.json")]
            return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def _loaded(self, path: Path) -> Conversation:
        conversation, _ = keeping.load(path)
        with self._turn:
            if path.parent == self._folder:
                self._written.setdefault(path.name, _state(conversation))
        return conversation

    def _claimed(self) -> Path:
        """The folder of this window."""
        if self._folder is None:
            candidates = (self._root / str(number) for number in count(1))
            self._folder = next(folder for folder in candidates if self._held(folder))
        return self._folder

    def _held(self, folder: Path) -> bool:
        """Whether a folder is held by this window from now on."""
        folder.mkdir(parents=True, exist_ok=True)
        if is_held(folder / LOCK):
            return False
        with suppress(LockedError):
            self._locks.enter_context(holding(folder / LOCK))
            return True
        return False


def _folders(root: Path) -> Iterator[Path]:
    return (folder for folder in sorted(root.iterdir()) if folder.name.isdecimal() and folder.is_dir())


def _state(conversation: Conversation) -> tuple[object, ...]:
    """What is equal where nothing was said, shown or looked up since; trees are compared by what they are first."""
    return id(conversation.tree), conversation.tree, conversation.shown, conversation.prompt_tokens


def _joined(path: Path, conversation: Conversation) -> Conversation:
    """With what a file has of it; what cannot be read gives way."""
    every = Conversations()
    with suppress(UsageError):
        every.join(keeping.load(path)[0])
    return every.join(conversation)


def _make_room(folder: Path, bound: int, shown: str) -> Iterator[str]:
    """Remove what was said longest ago, beyond so many bytes; gives the names of what is gone."""
    files = [(path.stat(), path) for path in folder.glob("*.json") if path.name not in (shown, INPUTS)]
    room = bound
    for stat, path in sorted(files, key=lambda one: -one[0].st_mtime_ns):
        room -= stat.st_size
        if room < 0:
            path.unlink(missing_ok=True)
            yield path.name


def _inputs_in(path: Path) -> Inputs:
    """Raises `UsageError` where the file has none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        sampling = SamplingChoice(**found["sampling"])
        texts = {name: str(found[name]) for name in ("prompt", "scored", "model", "shown")}
        return Inputs(sampling=sampling, most_tokens=int(found["most_tokens"]), **texts)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{path} cannot be read ({error}); the inputs of last time are forgotten.") from error
