"""Which special tokens stand in front of every text that a model of Hugging Face reads? Those of its tokenizer's files.

Most models were trained with a token in front that begins a text, and foresee badly without it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from lmcore.bpe import tokenizer_json
from lmcore.bpe.json_fields import parse_object, read_bytes, required, typed
from lmcore.bpe.tokenizer import Tokenizer
from lmcore.bpe.vocab_merges import CONFIG
from lmcore.errors import TokenizerError

_PLACE: Final = "post_processor"
_DEEPEST: Final = 16
_TOLD_BY_CONFIG: Final = ("LlamaTokenizer", "LlamaTokenizerFast")
"""Classes that frame a text as their tokenizer_config.json says, where no template is in the tokenizer.json."""


def leading_ids(tokenizer: Tokenizer, folder: Path) -> tuple[int, ...]:
    """The ids in front of a text, as `transformers` has them with the files of the tokenizer's folder.

    A template of the post-processor decides. `add_bos_token` counts where there is no tokenizer.json, or for a class
    that reads it beside one. Raises `TokenizerError` for a file that cannot be understood.
    """
    whole, beside = folder / tokenizer_json.FILE_NAME, folder / CONFIG
    with _told_of(whole):
        found = next(_framed(tokenizer.extras.get(_PLACE), _DEEPEST), None)
    if found is not None or not beside.is_file():
        return found or ()
    with _told_of(beside):
        config = parse_object(read_bytes(beside))
        told = not whole.is_file() or config.get("tokenizer_class") in _TOLD_BY_CONFIG
        return _begin(tokenizer, config) if told and config.get("add_bos_token") is True else ()


@contextmanager
def _told_of(file: Path) -> Iterator[None]:
    """Puts the file before what is said of its content."""
    try:
        yield
    except TokenizerError as error:
        sentence = str(error)
        raise TokenizerError(sentence if sentence.startswith(str(file)) else f"{file}: {sentence}") from error


def _framed(value: object, depth: int) -> Iterator[tuple[int, ...]]:
    """What each post-processor that frames a text puts in front of it; those within a sequence are looked through."""
    if value is None:
        return
    step = typed(value, dict, _PLACE)
    kind = required(step, "type", str, _PLACE)
    if kind == "Sequence" and depth:
        for inner in required(step, "processors", list, _PLACE):
            yield from _framed(inner, depth - 1)
    elif kind == "TemplateProcessing":
        yield tuple(_of_template(step))
    elif kind in ("BertProcessing", "RobertaProcessing"):
        pair = required(step, "cls", list, _PLACE)
        yield (typed(pair[1] if len(pair) == 2 else None, int, f"{_PLACE}.cls"),)


def _of_template(step: Mapping[str, Any]) -> Iterator[int]:
    """The ids of the special tokens in front of the text: `<s> $A </s>` has that of `<s>`."""
    tokens = required(step, "special_tokens", dict, _PLACE)
    for piece in required(step, "single", list, _PLACE):
        special = typed(piece, dict, f"{_PLACE}.single").get("SpecialToken")
        if special is None:
            return
        name = required(typed(special, dict, f"{_PLACE}.single"), "id", str, f"{_PLACE}.single")
        place = f"{_PLACE}.special_tokens"
        for token in required(required(tokens, name, dict, place), "ids", list, place):
            yield typed(token, int, place)


def _begin(tokenizer: Tokenizer, config: Mapping[str, Any]) -> tuple[int, ...]:
    """The id of `bos_token`, which is a text or an object with its content."""
    named = config.get("bos_token")
    content = named.get("content") if isinstance(named, Mapping) else named
    whole = tokenizer_json.whole_ids(tokenizer)
    return (whole[content],) if isinstance(content, str) and content in whole else ()
