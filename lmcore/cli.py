"""The commands: the same work as in the window, for scripts and for machines without a screen.

Results go to standard output (one JSON object with `--json`), everything else to standard error. Exit status: 0 done,
1 the work failed (one line says why), 2 wrong arguments or unusable input.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

from lmcore import figures
from lmcore.accounting.shape_command import add_shape_command
from lmcore.bpe.token_commands import add_token_commands
from lmcore.bpe.train_command import add_train_command, clip
from lmcore.errors import LmError, StoppedError, UsageError
from lmcore.interop.commands import add_interop_commands
from lmcore.training.commands import add_training_commands
from lmcore.worker_commands import add_worker_commands

if TYPE_CHECKING:
    from lmcore.bpe.events import Event

Result = TypeVar("Result")
_SHOWN: Final = 20  # longest tokens listed


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every command does."""

    def error(self, message: str) -> Any:
        raise UsageError(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; gives back the exit status."""
    try:
        arguments = _parser().parse_args(argv)
        arguments.run(arguments)
        sys.stdout.flush()
    except LmError as error:
        print(f"lmcore: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("lmcore: stopped; nothing was written.", file=sys.stderr)
        return StoppedError.status
    except BrokenPipeError:
        _give_up_output()
        return 1
    except OSError as error:
        print(f"lmcore: {_disk_sentence(error)}", file=sys.stderr)
        _give_up_output()
        return 1
    return 0


def _disk_sentence(error: OSError) -> str:
    """What the system says of a file, or of the output where it names none."""
    place = error.filename if error.filename is not None else "the output"
    return f"{place}: cannot be read or written ({error.strerror or error}); make room, or choose another place."


def _give_up_output() -> None:
    """What standard output did not take is not tried again when Python ends, which would say so once more."""
    with suppress(OSError, ValueError):  # where it is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run(argv: Sequence[str] | None = None) -> int:
    """`main` as a process of its own, which ends right behind it.

    At its end Python would look through all objects for cycles, those of the compiler as well: up to a second, in
    which someone who pressed Ctrl+C waits.
    """
    status = main(argv)
    gc.freeze()
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="lmcore",
        description="Train and look into byte-level BPE tokenizers; count what a Transformer needs; let models write.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    add_train_command(commands, _follow)
    vocab = commands.add_parser("vocab", help="look into the vocabulary of a tokenizer")
    _add_tokenizer(vocab)
    vocab.add_argument(
        "--longest", type=int, default=_SHOWN, metavar="N", help="how many of the longest tokens to list"
    )
    vocab.add_argument("--json", action="store_true", help="print one JSON object")
    vocab.set_defaults(run=_vocab)
    convert = commands.add_parser("convert", help="write a tokenizer in another format")
    _add_tokenizer(convert)
    convert.add_argument(
        "--to", required=True, choices=["tokenizer.json", "tiktoken", "vocab-merges"], help="the format"
    )
    convert.add_argument("--out", required=True, type=Path, metavar="PATH", help="the file; of vocab-merges the folder")
    convert.add_argument("--json", action="store_true", help="print one JSON object")
    convert.set_defaults(run=_convert)
    add_token_commands(commands, _follow)
    add_shape_command(commands)
    add_training_commands(commands, _follow)
    add_interop_commands(commands)
    add_worker_commands(commands, _follow)
    prepare = commands.add_parser("prepare", help="compile the kernels, which set-up does once")
    prepare.set_defaults(run=_prepare)
    return parser


def _add_tokenizer(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "tokenizer", type=Path, help="a tokenizer.json, .tiktoken, vocab.json with merges.txt, or the folder with one"
    )
    command.add_argument("--pattern", help="how text is cut, where the files do not say it or say otherwise")


def _vocab(arguments: argparse.Namespace) -> None:
    from lmcore.bpe.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(arguments.tokenizer, arguments.pattern)
    specials = {token.encode() for token in (*tokenizer.special_tokens, *tokenizer.added_tokens)}
    ranked = sorted(
        ((token_id, token) for token_id, token in tokenizer.vocab.items() if token not in specials),
        key=lambda item: (-len(item[1]), item[0]),
    )
    longest = [
        {"id": token_id, "bytes": len(token), "token": clip(token)}
        for token_id, token in ranked[: max(arguments.longest, 0)]
    ]
    report = {
        "vocab_size": tokenizer.vocab_size,
        "merges": len(tokenizer.merges),
        "special_tokens": list(tokenizer.special_tokens),
        "added_tokens": list(tokenizer.added_tokens),
        "pattern": tokenizer.pattern.name,
        "normalizer": tokenizer.normalizer,
        "longest_tokens": longest,
    }
    if arguments.json:
        print(json.dumps(report, ensure_ascii=False))
        return
    sizes = f"{figures.count(tokenizer.vocab_size)} tokens, {figures.count(len(tokenizer.merges))} merges"
    print(f"{sizes}, pattern {tokenizer.pattern.name}{f', {tokenizer.normalizer}' if tokenizer.normalizer else ''}")
    for row in longest:
        print(f"{row['bytes']:>5} bytes  id {row['id']:<7} {row['token']!r}")


def _convert(arguments: argparse.Namespace) -> None:
    from lmcore.bpe.formats import check_out
    from lmcore.bpe.tokenizer import Tokenizer

    check_out(arguments.out, arguments.to, arguments.tokenizer)
    tokenizer = Tokenizer.load(arguments.tokenizer, arguments.pattern)
    notes = tokenizer.save(arguments.out, arguments.to)
    if arguments.json:
        report = {"format": arguments.to, "path": str(arguments.out), "vocab_size": tokenizer.vocab_size}
        print(json.dumps(report | {"notes": list(notes)}, ensure_ascii=False))
        return
    print(f"{figures.count(tokenizer.vocab_size)} tokens saved to {arguments.out}.", *notes, sep="\n")


def _prepare(arguments: argparse.Namespace) -> None:
    from lmcore.bpe.prepare import is_prepared, prepare

    if not is_prepared():
        _follow(prepare())


def _follow(work: "Generator[Event, None, Result]") -> Result:
    """Runs a generator to its end, with progress on standard error where that is a terminal."""
    line = _StatusLine(sys.stderr)
    while True:
        try:
            line.show(next(work))
        except StopIteration as end:
            line.clear()
            result: Result = end.value
            return result
        except BaseException:
            work.close()
            line.clear()
            raise


class _StatusLine:
    """One line that is written over; notices stay."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._alive = stream.isatty()
        self._told = 0.0

    def show(self, event: "Event") -> None:
        """Shows an event, progress at most ten times a second."""
        from lmcore.bpe.events import Notice, Progress

        if isinstance(event, Notice):
            self.clear()
            print(event.text, file=self._stream)
        elif isinstance(event, Progress) and self._alive and (event.finished or time.monotonic() - self._told > 0.1):
            self._told = time.monotonic()
            self._stream.write(f"\r\x1b[K{_describe(event)}")
            self._stream.flush()

    def clear(self) -> None:
        """Takes the line away."""
        if self._alive:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def _describe(progress: Any) -> str:
    words = {
        "prepare": "preparing (once on this machine)",
        "count": "counting",
        "merge": "merging",
        "encode": "encoding",
        "decode": "decoding",
        "check": "checking the token files",
    }
    if progress.phase in ("count", "encode", "check"):
        amount = (
            f"{figures.size(progress.done)} of {figures.size(progress.total)}, {figures.rate(progress.rate, 'bytes')}"
        )
    else:
        amount = f"{figures.count(progress.done)} of {figures.count(progress.total)}"
    return f"{words[progress.phase]}: {amount}"


if __name__ == "__main__":
    sys.exit(run())
