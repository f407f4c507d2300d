"""The command `bpe-train`: a training, what it is expected to take, and what it took."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore import figures
from lmcore.atomic import check_replaceable
from lmcore.bpe.token_commands import CORPUS, Follow
from lmcore.errors import StoppedError

if TYPE_CHECKING:
    from lmcore.bpe.count_store import CountStore
    from lmcore.bpe.forecast import Forecast
    from lmcore.bpe.options import Options
    from lmcore.bpe.training import Training

_CLIPPED: Final = 1000  # bytes of a token that are printed
_SHOWN: Final = 20  # longest tokens listed


def add_train_command(commands: Any, follow: Follow) -> None:
    """Adds the command to the parser's."""
    train = commands.add_parser("bpe-train", help="train a byte-level BPE tokenizer")
    train.add_argument("corpus", nargs="+", type=Path, help=CORPUS)
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
    forecast = train.add_mutually_exclusive_group()
    forecast.add_argument("--forecast", action="store_true", help="say what it would take, and stop")
    forecast.add_argument(
        "--forecast-first", action="store_true", help="say it before the start, and afterwards what came of it"
    )
    train.add_argument("--out", type=Path, metavar="DIR", help="save the tokenizer there")
    train.add_argument("--json", action="store_true", help="print one JSON object")
    train.set_defaults(run=lambda arguments: _train(arguments, follow))


def _train(arguments: argparse.Namespace, follow: Follow) -> None:
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
    store = None if arguments.fresh else CountStore(beside=arguments.out)
    if arguments.forecast:
        _forecast(arguments, options, store, follow)
        return
    if arguments.out:
        check_replaceable(arguments.out, OURS)
    expected = _expect(arguments.corpus, options, store, follow) if arguments.forecast_first else None
    started = time.perf_counter()
    try:
        training: Training = follow(train(arguments.corpus, options, store))
    except KeyboardInterrupt:
        raise StoppedError("stopped; no tokenizer was written.") from None
    seconds = time.perf_counter() - started
    if arguments.out:
        save_training(training, arguments.out, expected)
    report = _training_report(training, seconds)
    if arguments.json:
        print(json.dumps(report | {"forecast": expected.as_json() if expected else None}, ensure_ascii=False))
        return
    _print_training(report, arguments.out)
    if expected:
        print(f"Expected were {_span(expected)}.")


def _special_tokens(arguments: argparse.Namespace) -> tuple[str, ...]:
    from lmcore.bpe.options import Options

    if arguments.no_special_tokens:
        return ()
    return tuple(arguments.special_token or Options.special_tokens)


def clip(token: bytes) -> str:
    """A token as text; of a very long one the beginning and the length."""
    text = token[:_CLIPPED].decode("utf-8", "backslashreplace")
    return text if len(token) <= _CLIPPED else f"{text} … ({figures.size(len(token))})"


def _forecast(arguments: argparse.Namespace, options: "Options", store: "CountStore | None", follow: Follow) -> None:
    from lmcore.bpe.forecast import forecast

    found: Forecast = follow(forecast(arguments.corpus, options, store))
    print(json.dumps(found.as_json()) if arguments.json else _forecast_words(found))


def _expect(
    corpus: Sequence[Path], options: "Options", store: "CountStore | None", follow: Follow
) -> "Forecast | None":
    """The forecast, said on standard error before the start; none where it would take as long as the training."""
    from lmcore.bpe.forecast import forecast
    from lmcore.bpe.sampling import SAMPLE
    from lmcore.bpe.sources import find_sources

    if sum(source.size for source in find_sources(corpus)) <= SAMPLE:
        print("No forecast: in a corpus so small it would take as long as the training.", file=sys.stderr)
        return None
    found: Forecast = follow(forecast(corpus, options, store))
    print(_forecast_words(found), file=sys.stderr)
    return found


def _span(found: "Forecast") -> str:
    """Between what time and memory should come to lie."""
    return (
        f"{figures.duration(found.seconds_low)} to {figures.duration(found.seconds_high)}, "
        f"peak memory {figures.size(found.peak_memory_low)} to {figures.size(found.peak_memory_high)}"
    )


def _forecast_words(found: "Forecast") -> str:
    part = f"{figures.size(found.sample_bytes)} of {figures.size(found.corpus_bytes)}"
    if found.exact:
        part = "the counts that are kept" if found.counts_known else "the whole corpus"
    words = figures.count(found.unique_pretokens)
    if not found.exact:
        few, many = figures.significant(found.unique_pretokens_low), figures.significant(found.unique_pretokens_high)
        words = f"{few} to {many}"
    return f"From {part}: {_span(found)}, {words} different pre-tokens."


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
        "textless_documents": training.counts.textless_documents,
        "counts_reused": training.counts_reused,
        "counts_resumed_bytes": training.counts_resumed,
        "seconds": {"count": phases["count"].seconds, "merge": phases["merge"].seconds, "total": seconds},
        "peak_rss_bytes": max(phase.peak_memory for phase in training.phases),
        "longest_tokens": [clip(token) for token in longest_tokens(training, _SHOWN)],
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
