"""How is every kernel compiled? Each is used on a few words, and numba keeps what it made of it on the disk."""

import time
from collections.abc import Callable, Generator, Sequence
from typing import Final

import numpy as np

from lmcore.bpe import readers
from lmcore.bpe.agreement import only_here
from lmcore.bpe.choices import TieRule
from lmcore.bpe.controls import control_characters
from lmcore.bpe.edits import Edit, apply
from lmcore.bpe.events import Progress
from lmcore.bpe.id_table import IdTable, enlarged
from lmcore.bpe.line_breaks import break_again, break_lines, unknown_ids
from lmcore.bpe.live_text import LiveText
from lmcore.bpe.machine import JIT
from lmcore.bpe.merging import Merger
from lmcore.bpe.patterns import find_pattern
from lmcore.bpe.pretoken_table import PretokenTable
from lmcore.bpe.process import resident_memory
from lmcore.bpe.specials import prepare_specials
from lmcore.bpe.text_steps import Joins, TextSteps, follow_text
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.utf16 import Places
from lmcore.bpe.vocab_view import VocabView

_TEXT: Final = b"a rose is a rose is a rose, and pneumonoultramicroscopicsilicovolcanoconiosis is not. " * 8

Step = Callable[[], object]


def compiling(*more: Step) -> Generator[int, None, None]:
    """Compiles every kernel here, and what `more` steps use; yields how many of the steps are to be done."""
    steps = (*_training(), _tokenize, _play, *more)
    for done, step in enumerate(steps):
        yield len(steps) - done
        step()


def load_kernels() -> Generator[Progress, None, None]:
    """Reads the kernels of a training, if that was not done yet, so that what is timed next is only their work."""
    yield from _loading(_training())


def load_playing() -> Generator[Progress, None, None]:
    """Reads the kernels that follow a text while someone types it, so that nobody who shows it waits for one."""
    yield from _loading((_tokenize, _play))


def _loading(steps: Sequence[Step]) -> Generator[Progress, None, None]:
    started = time.perf_counter()
    for done, step in enumerate(steps if JIT else ()):
        step()
        seconds = time.perf_counter() - started
        yield Progress("prepare", done + 1, len(steps), (done + 1) / seconds, seconds, resident_memory())


def _training() -> Sequence[Step]:
    specials = prepare_specials(["<|endoftext|>"])
    data = np.frombuffer(_TEXT, np.uint8)
    tables = [PretokenTable(), PretokenTable()]
    bounds = np.array([0, len(data)])

    def merge() -> None:
        words = next(tables[0].slices())
        words.invalid_bytes()
        merger = Merger(words, 300, 1, TieRule.GREATER_BYTES)
        for _ in merger.run():
            merger.new_merges()

    return (
        lambda: tables[0].count(0, data, bounds, specials),
        lambda: tables[1].add_counts({b"a": 1, _TEXT: 1}),
        lambda: [*tables[0].absorb(tables[1])],
        lambda: readers.make_cutter(find_pattern("gpt2"), specials)(data, 0),
        lambda: readers.make_cutter(find_pattern("[a-z]+"), specials)(data, 0),
        merge,
    )


def _tokenize() -> None:
    """Uses a tokenizer in all its ways."""
    tokenizer = Tokenizer({byte: bytes([byte]) for byte in range(256)}, [], ["<|endoftext|>"])
    tokenizer.decode(tokenizer.encode("a rose"))
    tokenizer.explain("a rose<|endoftext|>")
    for _ in tokenizer.encode_iterable(["a rose is " * 7_000]):
        pass
    enlarged(IdTable.room(4), 5)


def _play() -> None:
    """What the window does with a text that someone types."""
    data = np.frombuffer(_TEXT, np.uint8)
    tokenizer = Tokenizer({byte: bytes([byte]) for byte in range(256)}, [], ["<|endoftext|>"])
    view = VocabView(tokenizer)
    text, edit = LiveText(tokenizer, view.lengths), Edit(len(data) // 2, 0, b"x")
    cut = text.encode(data)
    for _ in only_here(cut, [cut]):
        pass
    unknown_ids(cut.ids, view.plain)
    control_characters(data)
    widths = view.lengths.astype(np.float32)
    places = Places()
    places.span(data, 4, 1)
    places.span(data, 3, 1)
    for _ in follow_text(text.encoder, data, text.specials):
        pass
    TextSteps(Joins.of_bytes(data, cut.ids[:1].repeat(256))).cut(0)
    lines = break_lines(cut.ids, widths, view.ends_line, 80.0)
    after = text.edit(edit, apply(edit, data))
    assert after.change is not None
    break_again(lines, after.ids, after.change.pieces, widths, view.ends_line, 80.0)
