"""How are `vocab.json` and `merges.txt` read and written? The two files of GPT-2: ids by token, and merges in order.

They say neither how text is cut nor which tokens are special. Beside them `tokenizer_config.json`, as of Hugging Face
`transformers`, lists the special tokens and names the class, which stands for a pattern; ours adds the rest under
`lm_explorer`. Without it, the pattern is GPT-2's, and tokens like `<|endoftext|>` that no merge makes are special.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lmcore.atomic import folder_aside, writing_aside
from lmcore.bpe import added_tokens, pre_tokenizers, tokenizer_json
from lmcore.bpe.json_fields import optional, parse_object, read_bytes, typed
from lmcore.bpe.normalizing import NFC
from lmcore.bpe.spelling import spell
from lmcore.bpe.tokenizer_json_reader import by_id, check_ids, read_merges, read_normalizer, unspelled
from lmcore.errors import TokenizerError, UnknownPatternError

if TYPE_CHECKING:
    from lmcore.bpe.merge_ranks import Pair
    from lmcore.bpe.patterns import Pattern
    from lmcore.bpe.tokenizer import Tokenizer

VOCAB: Final = "vocab.json"
MERGES: Final = "merges.txt"
CONFIG: Final = "tokenizer_config.json"
FILES: Final = (VOCAB, MERGES, CONFIG)
_OURS: Final = "lm_explorer"
_HEADER: Final = "#version: 0.2"
_CLASSES: Final = {"GPT2Tokenizer": ("gpt2", None), "Qwen2Tokenizer": ("qwen", NFC)}  # pattern, normalizer


def other_file(path: Path) -> Path:
    """The one that belongs to a vocabulary or to merges, also with a name before it, as in `gpt2-vocab.json`."""
    old, new = (VOCAB, MERGES) if path.name.endswith(VOCAB) else (MERGES, VOCAB)
    return path.with_name(path.name.removesuffix(old) + new)


def read_vocab_merges(vocab_file: Path, pattern: "str | Pattern | None" = None) -> "Tokenizer":
    """The tokenizer of a `vocab.json` and the `merges.txt` beside it."""
    from lmcore.bpe.tokenizer import Tokenizer

    vocab = parse_object(read_bytes(vocab_file))
    check_ids(vocab, vocab_file.name)
    lines = _merge_lines(other_file(vocab_file))
    config = _read_config(vocab_file.with_name(CONFIG))
    named_pattern, normalizer, ignore_merges = _rules(config, pattern)
    entries = _added_entries(config, vocab, lines)
    added = added_tokens.read(entries, vocab, normalizer)
    tokens = unspelled(vocab, {token.content for token in added})
    tokenizer = Tokenizer(
        by_id(tokens, added),
        read_merges(lines, tokens),
        {token.content: token.token_id for token in added if token.special},
        pattern or named_pattern,
        ignore_merges=ignore_merges,
        added_tokens={token.content: token.token_id for token in added if not token.special},
    )
    tokenizer.normalizer = normalizer
    return tokenizer


def _merge_lines(file: Path) -> list[str]:
    if not file.exists():
        raise TokenizerError(f"there is no {file.name} beside it, without which its tokens cannot be made; add it.")
    try:
        text = read_bytes(file).decode()
    except UnicodeDecodeError as error:
        raise TokenizerError(f"{file.name} beside it is not UTF-8 (offset {error.start:,}); it is damaged.") from error
    return [line for line in text.replace("\r\n", "\n").split("\n") if line and not line.startswith("#version")]


def _read_config(file: Path) -> dict[str, Any]:
    return parse_object(read_bytes(file)) if file.exists() else {}


def _rules(config: Mapping[str, Any], given: object) -> tuple["str | Pattern", str | None, bool]:
    """Pattern, normalizer, and whether whole tokens go before merges."""
    ours = optional(config, _OURS, dict, None, CONFIG)
    if ours is not None:
        ignore_merges = optional(ours, "ignore_merges", bool, False, CONFIG)
        return (
            pre_tokenizers.from_json(ours.get("pre_tokenizer")),
            read_normalizer(ours.get("normalizer")),
            ignore_merges,
        )
    name = optional(config, "tokenizer_class", str, "GPT2Tokenizer", CONFIG).removesuffix("Fast")
    if name not in _CLASSES and not given:
        known = ", ".join(_CLASSES)
        raise UnknownPatternError(
            f"{CONFIG} beside it names the class {name}, whose pattern is not known here ({known} are); "
            "give the pattern, or open its tokenizer.json."
        )
    if optional(config, "add_prefix_space", bool, False, CONFIG):
        raise TokenizerError(f"{CONFIG} beside it puts a space before every text, which is not supported.")
    return (*_CLASSES.get(name, ("gpt2", None)), False)


def _added_entries(config: Mapping[str, Any], vocab: Mapping[str, int], lines: Iterable[str]) -> list[object]:
    """The entries of `added_tokens`, from the configuration or from what the tokens look like."""
    decoder = optional(config, "added_tokens_decoder", dict, None, CONFIG)
    if decoder is not None:
        return [
            _entry(number, fields) for number, fields in sorted(decoder.items(), key=lambda item: (len(item[0]), item))
        ]
    made = {line.replace(" ", "", 1) for line in lines}
    alone = [token for token in vocab if token not in made and token.startswith("<") and token.endswith(">")]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return [{"id": vocab[token], "content": token, **flags} for token in alone if len(token) > 2]


def _entry(number: str, fields: object) -> dict[str, Any]:
    if not number.isascii() or not number.isdigit():
        raise TokenizerError(f"{CONFIG} beside it has an added token with the id {number!r}, which is no number.")
    return {**typed(fields, dict, f"{CONFIG}: added_tokens_decoder"), "id": int(number[:12])}


def write_vocab_merges(tokenizer: "Tokenizer", folder: Path) -> tuple[str, ...]:
    """Writes the folder with its three files, replacing an older one; gives back what others do not find in them."""
    content = tokenizer_json.spelled_vocab(tokenizer)
    config = _config(tokenizer)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder_aside(folder, FILES) as aside:
        tokenizer_json.write_json(aside / VOCAB, content)
        _write_merges(aside / MERGES, tokenizer.merges)
        tokenizer_json.write_json(aside / CONFIG, config)
    return tuple(_notes(tokenizer))


def _write_merges(path: Path, merges: Iterable["Pair"]) -> None:
    with writing_aside(path) as file:
        file.write(f"{_HEADER}\n")
        file.writelines(f"{spell(left)} {spell(right)}\n" for left, right in merges)


def _config(tokenizer: "Tokenizer") -> dict[str, Any]:
    entries = list(tokenizer_json.added_tokens(tokenizer))
    named = {"tokenizer_class": "GPT2Tokenizer"} if _as_gpt2(tokenizer) else {}
    return {
        **named,
        "add_prefix_space": False,
        "added_tokens_decoder": {str(entry.pop("id")): entry for entry in entries},
        _OURS: {
            "pre_tokenizer": pre_tokenizers.as_json(tokenizer.pattern),
            "normalizer": {"type": tokenizer.normalizer} if tokenizer.normalizer else None,
            "ignore_merges": tokenizer.ignore_merges,
        },
    }


def _as_gpt2(tokenizer: "Tokenizer") -> bool:
    return tokenizer.pattern.name == "gpt2" and not tokenizer.normalizer and not tokenizer.ignore_merges


def _notes(tokenizer: "Tokenizer") -> list[str]:
    notes = [f"The special tokens are in {CONFIG}: vocab.json and merges.txt do not say which they are."]
    if not _as_gpt2(tokenizer):
        notes.append(
            f"These files have no place for the pattern, the normalizer and ignore_merges, which are in {CONFIG} for "
            "this program alone: others cut as GPT-2 does and may give other ids."
        )
    if tokenizer.extras:
        notes.append(f"Left out, having no part in the ids: {', '.join(tokenizer.extras)}.")
    return notes
