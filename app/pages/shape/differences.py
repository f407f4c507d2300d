"""What of a shape is not as in the preset that it began with? In words, for the name of a changed shape."""

from dataclasses import fields
from typing import Final

from app.pages.shape.options import ARCHITECTURE, EXPERTS, KIND_NAMES, Number
from lmcore import figures
from lmcore.accounting import Shape

COUNTED: Final = {"num_layers": "layers", "num_heads": "heads", "num_kv_heads": "KV heads", "num_experts": "experts"}
"""Fields whose value stands before their name; d_model 512 and the others stand behind theirs."""
NAMED: Final = {"d_model": "d_model", "d_ff": "d_ff", "vocab_size": "vocabulary", "context_length": "context"}
OPTIONS: Final = {option.key: option for option in (*ARCHITECTURE, *EXPERTS)}


def differences(shape: Shape, origin: Shape) -> tuple[str, ...]:
    """All that differs: ("21 layers", "d_ff 4,096"); two shapes that began as one never have the same words."""
    changed = [field.name for field in fields(Shape) if getattr(shape, field.name) != getattr(origin, field.name)]
    return tuple(_words(shape, name) for name in changed)


def name_of(name: str, shape: Shape, origin: Shape) -> str:
    """name_of("XL", …) -> "XL with 21 layers and d_ff 4,096", or the name alone where nothing differs."""
    *first, last = differences(shape, origin) or ("",)
    told = " and ".join(filter(None, (", ".join(first), last)))
    return f"{name} with {told}" if told else name


def _words(shape: Shape, name: str) -> str:
    value = getattr(shape, name)
    if name in COUNTED and value:
        return f"{figures.count(value)} {COUNTED[name] if value > 1 else COUNTED[name].removesuffix('s')}"
    if name in NAMED:
        return f"{NAMED[name]} {figures.count(value)}"
    if name == "feed_forward":
        return KIND_NAMES[value]
    if name == "tied":
        return "a tied head" if value else "an untied head"
    if name == "rope_theta":
        return f"RoPE’s base {figures.significant(value)}"
    return _option(name, value)


def _option(name: str, value: object) -> str:
    """A switch or number behind More, as it stands there."""
    option = OPTIONS[name]
    title = option.name if option.name.isupper() or option.name[1].isupper() else option.name.lower()
    if isinstance(option, Number):
        return f"{title} {value or option.none}"
    return f"{title} {next(words for words, one in option.choices if one == value)}"
