"""Which pre-token pattern do the pre-tokenizers of a `tokenizer.json` make, and how is a pattern written as such?

Hugging Face `tokenizers` matches with Oniguruma. Expressions that are published are known by their text, others must
mean the same to `regex`; what would cut otherwise is refused with the reason.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from lmcore.bpe.expressions import differing_mark
from lmcore.bpe.json_fields import optional, required, typed
from lmcore.bpe.patterns import EXPRESSIONS, MOST, SEQUENCES, Pattern, find_pattern
from lmcore.errors import TokenizerError

BYTE_LEVEL: Final = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
_UNCUT: Final = r"[\s\S]+"  # the pattern of a text that is not cut at all
_PLACE: Final = "pre_tokenizer"
# In Oniguruma `$` is the end of a line, and a count in braces has no possessive form.
_ONIGURUMA: Final = {
    EXPRESSIONS["cl100k"]: r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s+\z|\s*[\r\n]|\s+(?!\S)|\s"
}
_LLAMA_TAIL: Final = r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_OTHER_SPELLINGS: Final = {
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+": "gpt2",
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++\z|\s+(?!\S)|\s": "gpt2",
    r"'(?i:[sdmt]|ll|ve|re)" + _LLAMA_TAIL: "llama3",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|"
    r"\s*[\r\n]|\s+(?!\S)|\s+": "llama3",
    r"'(?i:[sdmt]|ll|ve|re)" + _LLAMA_TAIL.replace("{1,3}", ""): "qwen",
}


def as_json(pattern: Pattern) -> dict[str, Any]:
    """The value of `pre_tokenizer` that cuts like the pattern."""
    if pattern.name == "gpt2":
        return {**BYTE_LEVEL, "use_regex": True}
    last = {**BYTE_LEVEL, "use_regex": False}
    if pattern.expressions == (_UNCUT,):
        return last
    splits = [
        {
            "type": "Split",
            "pattern": {"Regex": _ONIGURUMA.get(expression, expression)},
            "behavior": "Isolated",
            "invert": False,
        }
        for expression in pattern.expressions
    ]
    return {"type": "Sequence", "pretokenizers": [*splits, last]}


def from_json(value: object) -> Pattern:
    """The pattern that cuts like the value of `pre_tokenizer`. Raises `TokenizerError` where none does."""
    if value is None:
        raise TokenizerError("it has no pre-tokenizer that turns text into bytes; only byte-level BPE can be opened.")
    steps = list(_flatten(value, MOST))
    kinds = [required(step, "type", str, _PLACE) for step in steps]
    if "ByteLevel" not in kinds:
        named = ", ".join(kinds) or "none"
        raise TokenizerError(f"its pre-tokenizer ({named}) does not turn text into bytes; it is not byte-level BPE.")
    if kinds.index("ByteLevel") < len(kinds) - 1:
        behind = kinds[kinds.index("ByteLevel") + 1]
        raise TokenizerError(f"its pre-tokenizer {behind} works on the bytes' spelling, which is not supported.")
    expressions = [_expression(step, kind) for step, kind in zip(steps[:-1], kinds[:-1], strict=True)]
    return _find([*expressions, *_byte_level(steps[-1])])


def _flatten(value: object, depth: int) -> Iterator[dict[str, Any]]:
    """The steps of a pre-tokenizer, sequences within sequences laid out in one row."""
    step = typed(value, dict, _PLACE)
    if step.get("type") != "Sequence":
        yield step
    elif depth == 0:
        raise TokenizerError(f"its pre-tokenizers are nested more than {MOST} deep; the file is damaged.")
    else:
        for inner in required(step, "pretokenizers", list, _PLACE):
            yield from _flatten(inner, depth - 1)


def _byte_level(step: Mapping[str, Any]) -> list[str]:
    """What ByteLevel itself cuts by."""
    if required(step, "add_prefix_space", bool, _PLACE):
        raise TokenizerError("it puts a space before every text (add_prefix_space), which is not supported.")
    return [EXPRESSIONS["gpt2"]] if optional(step, "use_regex", bool, True, _PLACE) else []


def _expression(step: Mapping[str, Any], kind: str) -> str:
    if kind == "Digits":
        return r"\p{N}" if optional(step, "individual_digits", bool, False, _PLACE) else r"\p{N}+"
    if kind != "Split":
        raise TokenizerError(f"its pre-tokenizer {kind} is not supported; Split, Digits and ByteLevel are.")
    expression, published = _split_expression(required(step, "pattern", dict, f"{_PLACE}.Split"))
    behavior = required(step, "behavior", str, f"{_PLACE}.Split")
    invert = optional(step, "invert", bool, False, f"{_PLACE}.Split")
    # Without the rest, nothing is lost where every character belongs to a match, as in the published expressions.
    if behavior == "Isolated" or (behavior == "Removed" and invert and published):
        return expression
    raise TokenizerError(f"its pre-tokenizer Split has the behavior {behavior}, which is not supported; Isolated is.")


def _split_expression(pattern: Mapping[str, Any]) -> tuple[str, bool]:
    """The expression of a Split for `regex`, and whether it is a published one."""
    if "String" in pattern:
        import regex

        return regex.escape(required(pattern, "String", str, f"{_PLACE}.Split.pattern")), False
    written = required(pattern, "Regex", str, f"{_PLACE}.Split.pattern")
    plain = written.replace("\r", r"\r").replace("\n", r"\n")
    if plain in _spellings():
        return _spellings()[plain], True
    if any(plain in sequence for sequence in SEQUENCES.values()):
        return plain, False
    if mark := differing_mark(written):
        raise TokenizerError(
            f"its pre-token pattern has {mark!r}, which Hugging Face tokenizers reads in another way than this program."
        )
    return written, False


def _spellings() -> Mapping[str, str]:
    """Published expressions as Oniguruma reads them, and what cuts alike here."""
    same = {expression: expression for expression in EXPRESSIONS.values() if expression not in _ONIGURUMA}
    written = {spelled: expression for expression, spelled in _ONIGURUMA.items()}
    return same | written | {spelled: EXPRESSIONS[name] for spelled, name in _OTHER_SPELLINGS.items()}


def _find(expressions: list[str]) -> Pattern:
    if len(expressions) == 1:
        names = {expression: name for name, expression in EXPRESSIONS.items()}
        return find_pattern(names.get(expressions[0], expressions[0]))
    return find_pattern(expressions or _UNCUT)
