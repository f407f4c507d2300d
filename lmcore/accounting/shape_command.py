"""The command `shape`: what a Transformer of these sizes needs, as tables or as one JSON object."""

import argparse
import json
from dataclasses import replace
from fractions import Fraction
from math import isnan
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
_KINDS: Final = {
    "feed_forward": "gated by SiLU or GELU (three matrices), or SiLU, GELU, squared ReLU (two)",
    "norm": "one weight a channel, or a bias besides",
    "norm_place": "before each part, behind it, both, or nowhere",
    "position": "turned heads, a learned row a place, or nothing",
    "bias": "of no linear layer, of query, key and value, or of all but the head",
    "precision": "of weights and products in training; fp32 unless given",
    "attention_count": "pairs of places that FLOPs are counted over: all, those of the past, those in a --window",
    "attention": "whether all scores are kept for the backward pass, or none",
    "optimizer": "two states a parameter, one, or none",
    "activations": "the list that they are counted by: the course's, the paper's, or what our own block keeps",
    "recomputation": "what is computed anew in the backward pass: nothing, scores, or whole layers",
}
_LARGEST: Final = 1e30  # of any number: more digits would only take time
_GPU: Final = {"gpu_memory": "its bytes", "gpu_bandwidth": "its bytes a second", "gpu_peak": "its dense FLOP/s"}


def add_shape_command(commands: Any) -> None:
    """Adds the command to the parser's."""
    shape = commands.add_parser("shape", help="count parameters, FLOPs, bytes and seconds of a Transformer")
    start = shape.add_mutually_exclusive_group()
    start.add_argument("--preset", metavar="NAME", help=f"a known model to begin with; {DEFAULT_PRESET} unless given")
    start.add_argument("--config", type=Path, metavar="FILE", help="a config.json of Hugging Face to begin with")
    start.add_argument("--list", action="store_true", help="list the known models and processors, and stop")
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
    group.add_argument(
        "--gpu", metavar="NAME", help="the processor, as --list names it or its driver; any with its figures:"
    )
    _add_numbers(group, _GPU)


def _add_numbers(group: Any, numbers: dict[str, str]) -> None:
    for name, words in numbers.items():
        group.add_argument(_option(name), type=_whole, metavar="N", help=words)


def _add_kinds(group: Any, kinds: dict[str, Any]) -> None:
    for name, kind in kinds.items():
        group.add_argument(_option(name), choices=[str(one) for one in kind], help=_KINDS[name])


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
        if isnan(float(text)):
            raise ValueError
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number") from None
    raise argparse.ArgumentTypeError(f"{text} is too large")


def _shape(arguments: argparse.Namespace) -> None:
    from lmcore.accounting.account import account
    from lmcore.accounting.printing import written
    from lmcore.accounting.report import report

    if arguments.presets or arguments.list:
        _list(arguments)
        return
    name, shape, remarks = _chosen(arguments)
    counted = account(shape, _setup(arguments))
    if arguments.write_config:
        _write_config(shape, arguments.write_config)
    if arguments.json:
        print(json.dumps(report(counted) | {"remarks": list(remarks)}))
        return
    print(*written(name, counted, remarks), sep="\n")


def _chosen(arguments: argparse.Namespace) -> tuple[str, Any, tuple[str, ...]]:
    """What the shape is called, the shape, and what that cannot say: the one to begin with, changed by the options."""
    from lmcore.accounting.kinds import FeedForward
    from lmcore.accounting.shape import KINDS, default_d_ff

    name, shape, remarks = _start(arguments)
    changes = _given(arguments, (*_SIZES, *KINDS, "rope_theta", "tied", "qk_norm"))
    if "d_model" in changes and "d_ff" not in changes:
        changes["d_ff"] = default_d_ff(FeedForward(changes.get("feed_forward", shape.feed_forward)), changes["d_model"])
    return (f"{name}, changed" if changes else name), replace(shape, **changes), remarks


def _start(arguments: argparse.Namespace) -> tuple[str, Any, tuple[str, ...]]:
    from lmcore.accounting.huggingface import read_config
    from lmcore.accounting.presets import find_preset

    if arguments.config:
        described = read_config(arguments.config)
        return str(arguments.config), described.shape, described.remarks
    preset = find_preset(DEFAULT_PRESET if arguments.preset is None else arguments.preset)
    return preset.name, preset.shape, preset.remarks


def _setup(arguments: argparse.Namespace) -> Any:
    from lmcore.accounting.setup import KINDS, Setup

    return Setup(**_given(arguments, (*_COUNTS, *KINDS, "mfu")), gpu=_gpu(arguments))


def _gpu(arguments: argparse.Namespace) -> Any:
    """The processor of the table, with the figures that are given instead; any other by its figures."""
    from lmcore.accounting.hardware import PRECISIONS, Gpu, find_gpu

    figures = _given(arguments, tuple(_GPU))
    if arguments.gpu is None and not figures:
        return None
    try:
        gpu = find_gpu(arguments.gpu or "")
    except UsageError as error:
        if not figures:
            raise UsageError(f"{error} See shape --list, or --gpu-memory, --gpu-bandwidth, --gpu-peak.") from error
        gpu = Gpu(arguments.gpu or "this processor", 0)
    if not gpu.memory and "gpu_memory" not in figures:
        raise UsageError("The memory of the processor is not known; give it (--gpu-memory 80e9).")
    given = {name.removeprefix("gpu_"): value for name, value in figures.items()}
    if "peak" in given:
        given["peaks"] = dict.fromkeys(PRECISIONS, given.pop("peak"))
    return replace(gpu, **given, source=", ".join(filter(None, [gpu.source, "given" if given else ""])))


def _given(arguments: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(arguments, name)) is not None}


def _list(arguments: argparse.Namespace) -> None:
    from lmcore.accounting.listing import listed_gpus, listed_presets, listing_report

    if arguments.json:
        print(json.dumps(listing_report()))
        return
    print(*listed_presets(), sep="\n")
    if arguments.list:
        print("", *listed_gpus(), sep="\n")


def _write_config(shape: Any, path: Path) -> None:
    """Raises `UsageError` rather than write over what is no config.json, or make a folder that was mistyped."""
    from lmcore.accounting.huggingface import ConfigError, config_of, read_config
    from lmcore.atomic import writing_aside

    content, target = json.dumps(config_of(shape), indent=2), path / "config.json" if path.is_dir() else path
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent} is no folder; make it first, or choose another place for {target.name}.")
    try:
        if target.exists():
            read_config(target)
    except ConfigError as error:
        raise UsageError(f"{target} is there and is something else; give another name.") from error
    with writing_aside(target) as file:
        file.write(content + "\n")
