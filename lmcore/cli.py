"""The commands: the same work as in the window, for scripts and for machines without a screen.

Results go to standard output (one JSON object with `--json`), everything else to standard error. Exit status: 0 done,
1 the work failed (one line says why), 2 wrong arguments or unusable input.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, TypeVar

from lmcore import figures
from lmcore.accounting.shape_command import add_shape_command
from lmcore.atomic import check_replaceable
from lmcore.bpe.token_commands import add_token_commands
from lmcore.errors import LmError, UsageError
from lmcore.worker_commands import add_worker_commands

if TYPE_CHECKING:
    from lmcore.bpe.count_store import CountStore
    from lmcore.bpe.events import Event
    from lmcore.bpe.options import Options
    from lmcore.bpe.training import Training

Result = TypeVar("Result")
_CLIPPED: Final = 1000  # bytes of a token that are printed
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
    except LmError as error:
        print(f"lmcore: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("lmcore: stopped; no tokenizer was written.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    return 0


def run(argv: Sequence[str] | None = None) -> int:
    """`main` as a process of its own, which ends right behind it.

    At its end Python would look through all objects for cycles, those of the compiler as well: up to a second, in
    which someone who pressed Ctrl+C waits.
    """
    status = main(argv)
    gc.freeze()
    return status


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="lmcore", description="Train and look into byte-level BPE tokenizers.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_training(commands)
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
    add_worker_commands(commands)
    prepare = commands.add_parser("prepare", help="compile the kernels, which set-up does once")
    prepare.set_defaults(run=_prepare)
    return parser


def _add_tokenizer(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "tokenizer", type=Path, help="a tokenizer.json, .tiktoken, vocab.json with merges.txt, or the folder with one"
    )
    command.add_argument("--pattern", help="how text is cut, where the files do not say it or say otherwise")


def _add_training(commands: Any) -> None:
    train = commands.add_parser("bpe-train", help="train a byte-level BPE tokenizer")
    train.add_argument(
        "corpus", nargs="+", type=Path, help="files (.txt .md .jsonl .parquet, also .gz .zst) or folders"
    )
    train.add_argument("--vocab-size", type=int, default=10_000, metavar="N", help="bytes, special and merged tokens")
    specials = train.add_mutually_exclusive_group()
    specials.add_argument(
        "--special-token", action="append", metavar="S", help="may be given several times; <|endoftext|> unless given"
    )
    specials.add_argument("--no-special-tokens", action="store_true", help="none at all")
    train.add_argument(
        "--pattern", default="gpt2", help="gpt2, cl100k, o200k, llama3, qwen, whitespace, deepseek or an expression"
    )
    train.add_argument("--tie", choices=["greater-bytes", "lowest-ids"], default="greater-bytes", help="equal counts")
    train.add_argument("--text-field", default="text", metavar="NAME", help="the field of .jsonl and .parquet files")
    train.add_argument("--skip-bad-lines", action="store_true", help="leave out .jsonl lines that cannot be read")
    train.add_argument("--threads", type=int, metavar="N", help="all processors unless given")
    train.add_argument("--fresh", action="store_true", help="count anew and keep no counts")
    train.add_argument("--forecast", action="store_true", help="say what it would take, and stop")
    train.add_argument("--out", type=Path, metavar="DIR", help="save the tokenizer there")
    train.add_argument("--json", action="store_true", help="print one JSON object")
    train.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> None:
    from lmcore.bpe.choices import TieRule
    from lmcore.bpe.count_store import CountStore
    from lmcore.bpe.options import Options
    from lmcore.bpe.result_files import save_training
    from lmcore.bpe.tokenizer_json import OURS
    from lmcore.bpe.training import train

    options = Options(
        vocab_size=arguments.vocab_size,
        special_tokens=_special_tokens(arguments),
        pattern=arguments.pattern,
        tie=TieRule(arguments.tie),
        text_field=arguments.text_field,
        skip_bad_lines=arguments.skip_bad_lines,
        threads=arguments.threads,
    )
    if arguments.forecast:
        _forecast(arguments, options, None if arguments.fresh else CountStore(beside=arguments.out))
        return
    if arguments.out:
        check_replaceable(arguments.out, OURS)
    started = time.perf_counter()
    store = None if arguments.fresh else CountStore(beside=arguments.out)
    training = _follow(train(arguments.corpus, options, store))
    seconds = time.perf_counter() - started
    if arguments.out:
        save_training(training, arguments.out)
    report = _training_report(training, seconds)
    if arguments.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        _print_training(report, arguments.out)


def _special_tokens(arguments: argparse.Namespace) -> tuple[str, ...]:
    from lmcore.bpe.options import Options

    if arguments.no_special_tokens:
        return ()
    return tuple(arguments.special_token or Options.special_tokens)


def _clip(token: bytes) -> str:
    """A token as text; of a very long one the beginning and the length."""
    text = token[:_CLIPPED].decode("utf-8", "backslashreplace")
    return text if len(token) <= _CLIPPED else f"{text} … ({figures.size(len(token))})"


def _forecast(arguments: argparse.Namespace, options: "Options", store: "CountStore | None") -> None:
    from lmcore.bpe.forecast import forecast

    found = _follow(forecast(arguments.corpus, options, store))
    if arguments.json:
        print(json.dumps(found.as_json()))
        return
    part = f"{figures.size(found.sample_bytes)} of {figures.size(found.corpus_bytes)}"
    if found.exact:
        part = "the counts that are kept" if found.counts_known else "the whole corpus"
    words = figures.count(found.unique_pretokens)
    if not found.exact:
        few, many = figures.significant(found.unique_pretokens_low), figures.significant(found.unique_pretokens_high)
        words = f"{few} to {many}"
    print(
        f"From {part}: {figures.duration(found.seconds_low)} to {figures.duration(found.seconds_high)}, "
        f"peak memory {figures.size(found.peak_memory_low)} to {figures.size(found.peak_memory_high)}, "
        f"{words} different pre-tokens."
    )


def _training_report(training: "Training", seconds: float) -> dict[str, Any]:
    from lmcore.bpe.result_files import longest_tokens

    phases = {phase.name: phase for phase in training.phases}
    return {
        "vocab_size": len(training.vocab),
        "merges": len(training.merges),
        "pretokens": training.counts.pretokens,
        "unique_pretokens": len(training.counts.words),
        "bytes": training.counts.bytes,
        "invalid_bytes": training.counts.invalid_bytes,
        "skipped_lines": training.counts.skipped_lines,
        "counts_reused": training.counts_reused,
        "counts_resumed_bytes": training.counts_resumed,
        "seconds": {"count": phases["count"].seconds, "merge": phases["merge"].seconds, "total": seconds},
        "peak_rss_bytes": max(phase.peak_memory for phase in training.phases),
        "longest_tokens": [_clip(token) for token in longest_tokens(training, _SHOWN)],
    }


def _print_training(report: dict[str, Any], out: Path | None) -> None:
    seconds = report["seconds"]
    merges = f"{figures.count(report['merges'])} {'merge' if report['merges'] == 1 else 'merges'}"
    print(
        f"{merges} from {figures.size(report['bytes'])} "
        f"({figures.count(report['unique_pretokens'])} different pre-tokens): "
        f"counting {figures.duration(seconds['count'])}, merging {figures.duration(seconds['merge'])}, "
        f"{figures.duration(seconds['total'])} in all; "
        f"peak memory {figures.size(report['peak_rss_bytes'])}."
    )
    print("Longest tokens: " + "  ".join(repr(token) for token in report["longest_tokens"][:10]))
    if out:
        print(f"Saved to {out}.")


def _vocab(arguments: argparse.Namespace) -> None:
    from lmcore.bpe.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(arguments.tokenizer, arguments.pattern)
    specials = {token.encode() for token in (*tokenizer.special_tokens, *tokenizer.added_tokens)}
    ranked = sorted(
        ((token_id, token) for token_id, token in tokenizer.vocab.items() if token not in specials),
        key=lambda item: (-len(item[1]), item[0]),
    )
    longest = [
        {"id": token_id, "bytes": len(token), "token": _clip(token)}
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
    from lmcore.bpe.tokenizer import Tokenizer

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
    }
    if progress.phase in ("count", "encode"):
        amount = (
            f"{figures.size(progress.done)} of {figures.size(progress.total)}, {figures.rate(progress.rate, 'bytes')}"
        )
    else:
        amount = f"{figures.count(progress.done)} of {figures.count(progress.total)}"
    return f"{words[progress.phase]}: {amount}"


if __name__ == "__main__":
    sys.exit(run())
