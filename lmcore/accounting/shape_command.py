"""The command `shape`: what a Transformer of these sizes needs, as tables or as one JSON object."""

import argparse
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from lmcore.errors import UsageError

DEFAULT_PRESET: Final = "course-2025-small"
_SIZES: Final = {
    "vocab_size": "tokens of the vocabulary",
    "context_length": "tokens of a sequence",
    "num_layers": "blocks",
    "d_model": "channels of the residual stream",
    "num_heads": "attention heads",
    "num_kv_heads": "heads of keys and values; as many as heads unless given",
    "d_head": "channels of a head; d_model / heads unless given",
    "d_ff": "channels of the feed-forward; follows d_model where only that is given",
    "num_experts": "feed-forwards of each layer in a mixture of experts",
    "active_experts": "experts that a token passes through",
    "shared_experts": "experts that every token passes through besides",
}
_COUNTS: Final = {
    "batch": "sequences on one device",
    "window": "tokens that each sees with --attention-count window",
    "zero_stage": "what ZeRO divides among the devices: 1 optimizer, 2 gradients too, 3 weights too",
    "devices": "how many train together",
    "kv_bytes": "of a number in the KV cache",
    "tokens": "of the whole training",
}
_LARGEST: Final = 1e30  # of any number: more digits would only take time
_GPU: Final = {"gpu_memory": "its bytes", "gpu_bandwidth": "its bytes a second", "gpu_peak": "its dense FLOP/s"}


def add_shape_command(commands: Any) -> None:
    """Adds the command to the parser's."""
    shape = commands.add_parser("shape", help="count parameters, FLOPs, bytes and seconds of a Transformer")
    start = shape.add_mutually_exclusive_group()
    start.add_argument("--preset", metavar="NAME", help=f"a known model to begin with; {DEFAULT_PRESET} unless given")
    start.add_argument("--config", type=Path, metavar="FILE", help="a config.json of Hugging Face to begin with")
    start.add_argument("--presets", action="store_true", help="list the known models, and stop")
    _add_shape(shape.add_argument_group("the shape"))
    _add_setup(shape.add_argument_group("how it is counted and run"))
    shape.add_argument("--write-config", type=Path, metavar="FILE", help="write the shape as a config.json, too")
    shape.add_argument("--json", action="store_true", help="print one JSON object")
    shape.set_defaults(run=_shape)


def _add_shape(group: Any) -> None:
    from lmcore.accounting.shape import KINDS

    _add_numbers(group, _SIZES)
    _add_kinds(group, KINDS)
    group.add_argument("--rope-theta", type=float, metavar="X", help="base of RoPE's wavelengths")
    for name in ("tied", "qk-norm"):
        group.add_argument(f"--{name}", action=argparse.BooleanOptionalAction, default=None)


def _add_setup(group: Any) -> None:
    from lmcore.accounting.setup import KINDS

    _add_numbers(group, _COUNTS)
    _add_kinds(group, KINDS)
    group.add_argument("--mfu", type=_number, metavar="X", help="part of the peak that training reaches, 0.5")
    group.add_argument("--gpu", metavar="NAME", help="the processor, such as A100-80GB; any with its figures:")
    _add_numbers(group, _GPU)


def _add_numbers(group: Any, numbers: dict[str, str]) -> None:
    for name, words in numbers.items():
        group.add_argument(_option(name), type=_whole, metavar="N", help=words)


def _add_kinds(group: Any, kinds: dict[str, Any]) -> None:
    for name, kind in kinds.items():
        group.add_argument(_option(name), choices=[str(one) for one in kind])


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _whole(text: str) -> int:
    """A whole number, also written as 80e9 or 50_257."""
    number = _number(text)
    if number.denominator != 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number")
    return number.numerator


def _number(text: str) -> Fraction:
    """A number, exactly as it is written."""
    try:
        if abs(float(text)) < _LARGEST:
            return Fraction(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number") from None
    raise argparse.ArgumentTypeError(f"{text} is too large")


def _shape(arguments: argparse.Namespace) -> None:
    from lmcore.accounting.account import account
    from lmcore.accounting.printing import written
    from lmcore.accounting.report import report

    if arguments.presets:
        _list_presets()
        return
    name, shape = _chosen(arguments)
    counted = account(shape, _setup(arguments))
    if arguments.write_config:
        _write_config(shape, arguments.write_config)
    if arguments.json:
        print(json.dumps(report(counted)))
        return
    for line in written(name, counted):
        print(line)


def _chosen(arguments: argparse.Namespace) -> tuple[str, Any]:
    """What the shape is called, and the shape: the one to begin with, changed as the options say."""
    from lmcore.accounting.huggingface import shape_from_config
    from lmcore.accounting.kinds import FeedForward
    from lmcore.accounting.presets import find_preset
    from lmcore.accounting.shape import KINDS, default_d_ff

    if arguments.config:
        name, shape = str(arguments.config), shape_from_config(arguments.config)
    else:
        preset = find_preset(arguments.preset or DEFAULT_PRESET)
        name, shape = preset.name, preset.shape
    changes = _given(arguments, (*_SIZES, *KINDS, "rope_theta", "tied", "qk_norm"))
    if "d_model" in changes and "d_ff" not in changes:
        changes["d_ff"] = default_d_ff(FeedForward(changes.get("feed_forward", shape.feed_forward)), changes["d_model"])
    return (f"{name}, changed" if changes else name), replace(shape, **changes)


def _setup(arguments: argparse.Namespace) -> Any:
    from lmcore.accounting.setup import KINDS, Setup

    return Setup(**_given(arguments, (*_COUNTS, *KINDS, "mfu")), gpu=_gpu(arguments))


def _gpu(arguments: argparse.Namespace) -> Any:
    """The processor of the table, or the one whose figures are given."""
    from lmcore.accounting.hardware import PRECISIONS, Gpu, find_gpu

    figures = _given(arguments, tuple(_GPU))
    if not figures:
        return find_gpu(arguments.gpu) if arguments.gpu else None
    if "gpu_memory" not in figures:
        raise UsageError("The memory of the processor is not known; give it (--gpu-memory 80e9).")
    peaks = dict.fromkeys(PRECISIONS, figures["gpu_peak"]) if "gpu_peak" in figures else {}
    name = arguments.gpu or "this processor"
    return Gpu(name, figures["gpu_memory"], figures.get("gpu_bandwidth", 0), peaks, "given")


def _given(arguments: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}


def _list_presets() -> None:
    from lmcore.accounting.presets import families

    for family in families():
        print(family.name)
        for preset in family.presets:
            print(f"  {preset.key:<24}{preset.name}")


def _write_config(shape: Any, path: Path) -> None:
    from lmcore.accounting.huggingface import config_of
    from lmcore.atomic import writing_aside

    content = json.dumps(config_of(shape), indent=2)
    with writing_aside(path) as file:
        file.write(content + "\n")
