"""How are `.tiktoken` ranks read and written? One token a line: its bytes in base64, and its rank, its id.

The file says neither how text is cut nor which special tokens there are. Published ones are known by their content
(`published`); ours have both in a second file beside them, `NAME.tiktoken.json`, in the words of `tiktoken.Encoding`.
"""

import binascii
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore.atomic import writing_aside
from lmcore.bpe.choices import CUSTOM
from lmcore.bpe.json_fields import optional, parse_object, read_bytes, required, typed
from lmcore.bpe.published import BY_DIGEST
from lmcore.bpe.ranks import check_ranks, merges_of_ranks
from lmcore.bpe.tokenizer_json import whole_ids, write_json
from lmcore.bpe.tokenizer_json_reader import LARGEST_ID, check_ids, read_normalizer
from lmcore.errors import TokenizerError, UnknownPatternError

if TYPE_CHECKING:
    from lmcore.bpe.patterns import Pattern
    from lmcore.bpe.tokenizer import Tokenizer

ENDING: Final = ".tiktoken"


def beside(path: Path) -> Path:
    """The file that says what the ranks do not."""
    return path.with_name(f"{path.name}.json")


def read_ranks(content: bytes) -> dict[bytes, int]:
    """The ranks by token. Raises `TokenizerError` with the line that is damaged."""
    ranks: dict[bytes, int] = {}
    seen: set[int] = set()
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        token, rank = _read_line(line, number)
        if token in ranks or rank in seen:
            raise TokenizerError(f"line {number:,} repeats a token or a rank; the file is damaged.")
        ranks[token] = rank
        seen.add(rank)
    return ranks


def _read_line(line: bytes, number: int) -> tuple[bytes, int]:
    try:
        encoded, rank = line.split()
        token = binascii.a2b_base64(encoded, strict_mode=True)
        if token and rank.isdigit() and int(rank) <= LARGEST_ID:
            return token, int(rank)
    except ValueError:
        pass  # said below for all that a line can be
    raise TokenizerError(
        f"line {number:,} is not a token in base64 with its rank; the file is damaged or no .tiktoken."
    )


def lines(ranks: Mapping[bytes, int]) -> bytes:
    """The content of the file, the lowest rank first."""
    ordered = sorted(ranks.items(), key=lambda item: item[1])
    return b"".join([b"%s %d\n" % (binascii.b2a_base64(token, newline=False), rank) for token, rank in ordered])


def read_tiktoken(path: Path, content: bytes, pattern: "str | Pattern | None" = None) -> "Tokenizer":
    """The tokenizer of the ranks, with what the file beside it says, or what is published.

    Ranks that are known neither way need a `pattern`; they have no special tokens.
    """
    ranks = read_ranks(content)
    digest = _digest(content, ranks)
    if beside(path).exists():
        return _with_companion(ranks, digest, beside(path), pattern)
    known = BY_DIGEST.get(digest)
    if known:
        return _build(ranks, known.special_tokens, {}, pattern or known.pattern)
    if not pattern:
        raise UnknownPatternError(
            "its ranks are none of the published ones (r50k, p50k, cl100k, o200k), and a .tiktoken does not say how "
            "text is cut; give the pattern, such as cl100k."
        )
    return _build(ranks, {}, {}, pattern)


def _digest(content: bytes, ranks: Mapping[bytes, int]) -> str:
    """The sha256 of the ranks as they are published, which is that of the file unless its lines were changed."""
    digest = hashlib.sha256(content).hexdigest()
    return digest if digest in BY_DIGEST else hashlib.sha256(lines(ranks)).hexdigest()


def _with_companion(
    ranks: Mapping[bytes, int], digest: str, file: Path, pattern: "str | Pattern | None"
) -> "Tokenizer":
    try:
        fields = parse_object(read_bytes(file))
        if required(fields, "sha256", str, "") != digest:
            raise TokenizerError("it belongs to other ranks; remove it, or bring back the file that it was made with.")
        special = required(fields, "special_tokens", dict, "")
        added = optional(fields, "added_tokens", dict, {}, "")
        check_ids(special | added, "special_tokens")
        tokenizer = _build(ranks, special, added, pattern or _companion_pattern(fields))
        tokenizer.normalizer = read_normalizer(fields.get("normalizer"))
    except TokenizerError as error:
        raise TokenizerError(f"{file.name} beside it: {error}") from error
    return tokenizer


def _companion_pattern(fields: Mapping[str, Any]) -> "Pattern":
    from lmcore.bpe.patterns import find_pattern

    found = required(fields, "pattern", list, "")
    expressions = [typed(expression, str, "pattern") for expression in found]
    return find_pattern(expressions[0] if len(expressions) == 1 else expressions)


def _build(
    ranks: Mapping[bytes, int], special: Mapping[str, int], added: Mapping[str, int], pattern: "str | Pattern"
) -> "Tokenizer":
    from lmcore.bpe.tokenizer import Tokenizer

    vocab = {rank: token for token, rank in ranks.items()}
    for token, token_id in {**special, **added}.items():
        if token_id in vocab:
            raise TokenizerError(f"the special token {token!r} has the id {token_id} of another token.")
        vocab[token_id] = token.encode(errors="replace")
    merges, unmade = merges_of_ranks(ranks)
    return Tokenizer(vocab, merges, special, pattern, ignore_merges=bool(unmade), added_tokens=added)


def mergeable(tokenizer: "Tokenizer") -> dict[bytes, int]:
    """The ids of the tokens that are neither special nor added. Refuses bytes with two ids."""
    whole = set(whole_ids(tokenizer).values())
    ordinary = {token_id: token for token_id, token in tokenizer.vocab.items() if token_id not in whole}
    ranks = {token: token_id for token_id, token in ordinary.items()}
    if len(ranks) < len(ordinary):
        raise TokenizerError("two of its ids mean the same bytes, which a .tiktoken cannot say.")
    return ranks


def write_tiktoken(tokenizer: "Tokenizer", path: Path) -> tuple[str, ...]:
    """Writes the ranks and the file beside them; gives back what they do not say.

    Raises `TokenizerError` where ranks would give other ids; then nothing is written.
    """
    ranks = mergeable(tokenizer)
    check_ranks(ranks, tokenizer.merges, tokenizer.ignore_merges)
    content = lines(ranks)
    companion = _companion(tokenizer, path.name.removesuffix(ENDING), hashlib.sha256(content).hexdigest())
    with writing_aside(path, "wb") as file:
        file.write(content)
    write_json(beside(path), companion)
    return tuple(_notes(tokenizer, path))


def _companion(tokenizer: "Tokenizer", name: str, digest: str) -> dict[str, Any]:
    ids = whole_ids(tokenizer)
    return {
        "name": name,
        "pat_str": pat_str(tokenizer.pattern),
        "special_tokens": {token: ids[token] for token in tokenizer.special_tokens},
        "added_tokens": {token: ids[token] for token in tokenizer.added_tokens},
        "pattern": _pattern_names(tokenizer.pattern),
        "normalizer": {"type": tokenizer.normalizer} if tokenizer.normalizer else None,
        "sha256": digest,
    }


def _pattern_names(pattern: "Pattern") -> list[str]:
    return list(pattern.expressions) if pattern.kind == CUSTOM else [pattern.name]


def pat_str(pattern: "Pattern") -> str | None:
    """The pattern for `tiktoken`, which drops what no match covers; None for several expressions in a row."""
    if pattern.inner:
        return None
    if pattern.kind != CUSTOM:
        return pattern.expression
    return f"{pattern.expression}|(?s:(?:(?!{pattern.expression}).)+)"


def _notes(tokenizer: "Tokenizer", path: Path) -> list[str]:
    notes = [
        f"A .tiktoken holds no pattern and no special tokens: {beside(path).name} has them, for tiktoken.Encoding."
    ]
    if tokenizer.pattern.inner:
        notes.append("tiktoken cannot cut by several expressions in a row, so that its ids will be others.")
    if tokenizer.normalizer:
        notes.append(f"tiktoken does not normalize: give it text in {tokenizer.normalizer}.")
    if tokenizer.added_tokens:
        notes.append("To tiktoken, added tokens are special tokens.")
    if tokenizer.extras:
        notes.append(f"Left out, having no part in the ids: {', '.join(tokenizer.extras)}.")
    return notes
