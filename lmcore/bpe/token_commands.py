"""The commands `encode` and `decode`: a corpus to a token file and back."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore import figures
from lmcore.errors import StoppedError

if TYPE_CHECKING:
    from lmcore.bpe.token_file import TokenFile
    from lmcore.bpe.token_part import Reached

CORPUS: Final = "files (.txt .md .jsonl .parquet, also .gz .zst) or folders"
Follow = Callable[[Any], Any]
"""Runs a generator to its end, showing its events; gives back its result."""


def add_token_commands(commands: Any, follow: Follow) -> None:
    """Adds both commands to the parser's."""
    encode = commands.add_parser("encode", help="write a corpus as a file of token ids")
    encode.add_argument("tokenizer", type=Path, help="a tokenizer of any format that `vocab` opens")
    encode.add_argument("corpus", nargs="+", type=Path, help=CORPUS)
    encode.add_argument("--out", type=Path, required=True, metavar="FILE", help="such as tokens.bin")
    encode.add_argument(
        "--separator", metavar="S", help='special token between documents; <|endoftext|> if there is one, "" for none'
    )
    encode.add_argument("--text-field", default="text", metavar="NAME", help="the field of .jsonl and .parquet files")
    encode.add_argument("--skip-bad-lines", action="store_true", help="leave out .jsonl lines that cannot be read")
    encode.add_argument("--threads", type=int, metavar="N", help="all processors unless given")
    encode.add_argument("--pattern", help="how text is cut, where the tokenizer's files do not say it")
    encode.add_argument("--json", action="store_true", help="print one JSON object")
    encode.set_defaults(run=lambda arguments: _encode(arguments, follow))
    decode = commands.add_parser("decode", help="write a file of token ids as text")
    decode.add_argument("tokenizer", type=Path, help="the tokenizer that made the ids")
    decode.add_argument("tokens", type=Path, help="the file that `encode` wrote")
    decode.add_argument("--out", type=Path, metavar="FILE", help="standard output unless given")
    decode.add_argument("--pattern", help="as for `encode`")
    decode.set_defaults(run=lambda arguments: _decode(arguments, follow))


def _make_ready(follow: Follow) -> None:
    """Compiles the kernels if that was never done: a minute that is no part of the rate."""
    from lmcore.bpe import prepare

    if not prepare.is_prepared():
        follow(prepare.prepare())


def _encode(arguments: argparse.Namespace, follow: Follow) -> None:
    from lmcore.bpe.token_part import kept
    from lmcore.bpe.token_writing import EncodeOptions, encode_corpus
    from lmcore.bpe.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(arguments.tokenizer, arguments.pattern)
    _make_ready(follow)
    options = EncodeOptions(arguments.separator, arguments.text_field, arguments.skip_bad_lines, arguments.threads)
    earlier = kept(arguments.out)
    started = time.perf_counter()
    try:
        made = follow(encode_corpus(tokenizer, arguments.corpus, arguments.out, options))
    except KeyboardInterrupt:
        raise StoppedError(_what_is_kept(earlier, kept(arguments.out))) from None
    seconds = time.perf_counter() - started
    if arguments.json:
        report = {name: getattr(made, name) for name in ("tokens", "documents", "bytes", "dtype", "separator")}
        print(json.dumps(report | {"seconds": seconds, "tokenizer_sha256": made.tokenizer_sha256}))
        return
    print(_report(made, seconds, whole=earlier is None))
    print(f"Saved to {arguments.out}, described in {arguments.out.name}.json.")


def _what_is_kept(earlier: "Reached | None", now: "Reached | None") -> str:
    """What to say of an interrupt, by how far encoding had come before the command and after it."""
    if now is None or not now.text_bytes:
        return "stopped; nothing was encoded yet."
    if now == earlier:
        return f"stopped; the {figures.size(now.text_bytes)} that an earlier run encoded are kept."
    return f"stopped; the first {figures.size(now.text_bytes)} are encoded and kept: the same command goes on there."


def _report(made: "TokenFile", seconds: float, whole: bool) -> str:
    """What was made. `whole` says that all of it was in these seconds, without which there is no rate."""
    documents = f"{figures.count(made.documents)} {'document' if made.documents == 1 else 'documents'}"
    rate = f", {figures.rate(made.bytes / seconds, 'bytes')}" if whole else ""
    return (
        f"{figures.count(made.tokens)} tokens ({made.dtype}) of {documents}, {figures.size(made.bytes)}, "
        f"{figures.decimal(made.bytes / made.tokens, 2)} bytes a token; {figures.duration(seconds)}{rate}."
    )


def _decode(arguments: argparse.Namespace, follow: Follow) -> None:
    from lmcore.bpe.token_file import TokenFile
    from lmcore.bpe.token_writing import decode_corpus, decoded
    from lmcore.bpe.tokenizer import Tokenizer

    tokenizer = Tokenizer.load(arguments.tokenizer, arguments.pattern)
    tokens = TokenFile.open(arguments.tokens)
    _make_ready(follow)
    if arguments.out:
        size = follow(decode_corpus(tokenizer, tokens, arguments.out))
        print(f"{figures.size(size)} of text saved to {arguments.out}.")
        return
    for text in decoded(tokenizer, tokens):
        sys.stdout.buffer.write(text)
