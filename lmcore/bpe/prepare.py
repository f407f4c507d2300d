"""Are the kernels compiled? Once a machine they are, which takes a minute; after that they come from the disk."""

import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Final

import numpy as np

from lmcore.atomic import writing_aside
from lmcore.bpe import readers
from lmcore.bpe.agreement import only_here
from lmcore.bpe.choices import TieRule
from lmcore.bpe.controls import control_characters
from lmcore.bpe.edits import Edit, apply
from lmcore.bpe.events import Progress
from lmcore.bpe.id_table import IdTable, enlarged
from lmcore.bpe.kernel_cache import stamp
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
_TICK: Final = 0.04


def is_prepared() -> bool:
    """Whether the kernels of exactly these sources are on the disk (or numba is switched off)."""
    return not JIT or stamp().exists()


def prepare() -> Generator[Progress, None, None]:
    """Compiles every kernel by using it on a few words. Whoever stops asking leaves the compiler to finish alone."""
    started = time.perf_counter()
    steps = (*_training(), _tokenize, _play)
    done = [0]
    problems: list[BaseException] = []

    def work() -> None:
        try:
            for step in steps:
                step()
                done[0] += 1
        except BaseException as error:  # carried to the generator, which raises it
            problems.append(error)

    thread = threading.Thread(target=work, name="prepare", daemon=True)
    thread.start()
    while thread.is_alive():
        yield _progress(done[0], len(steps), started)
        thread.join(_TICK)
    if problems:
        raise problems[0]
    with writing_aside(stamp()) as file:
        file.write("compiled\n")
    yield _progress(len(steps), len(steps), started, finished=True)


def load_kernels() -> Generator[Progress, None, None]:
    """Reads the kernels of a training, if that was not done yet, so that what is timed next is only their work."""
    started = time.perf_counter()
    steps = _training() if JIT else ()
    for done, step in enumerate(steps):
        step()
        yield _progress(done + 1, len(steps), started)


def _progress(done: int, total: int, started: float, finished: bool = False) -> Progress:
    seconds = time.perf_counter() - started
    return Progress("prepare", done, total, done / seconds if seconds else 0.0, seconds, resident_memory(), finished)


def _training() -> Sequence[Callable[[], object]]:
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
