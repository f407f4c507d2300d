"""How is an account written for programs? As one JSON object: the agreed keys first, then every tree with its formulas.

Amounts are whole numbers, of FLOPs, bytes or parameters; seconds and rates are decimal numbers, null where a figure of
the processor is missing.
"""

from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any, Final

from lmcore.accounting.account import Account
from lmcore.accounting.budgets import RULES, Rule, flops_for, wanted_tokens
from lmcore.accounting.crossovers import Crossover, crossovers
from lmcore.accounting.hardware import Gpu
from lmcore.accounting.inverses import (
    largest_batch,
    largest_context,
    largest_d_model,
    largest_inference_context,
    largest_layers,
)
from lmcore.accounting.nodes import Node
from lmcore.accounting.parameters import active_parameters
from lmcore.accounting.setup import Setup

PASSES: Final = ("forward", "training", "prefill", "decode_cached", "decode_uncached")
TREES: Final = ("parameters", *PASSES, "training_memory", "inference_memory")
_PRODUCTS: Final = ("ffn", "projections", "attention", "lm_head")
PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "parameters": ("ffn", "projections", "embedding", "lm_head", "norms"),
    "forward": _PRODUCTS,
    "training": ("forward", "backward", "recomputation"),
    "prefill": _PRODUCTS,
    "decode_cached": _PRODUCTS,
    "decode_uncached": _PRODUCTS,
    "training_memory": ("weights", "gradients", "optimizer", "activations"),
    "inference_memory": ("weights", "kv_cache"),
}
"""The keys of each tree's parts."""


def report(account: Account) -> dict[str, Any]:
    """All of an account."""
    return {
        "shape": asdict(account.shape),
        "setup": setup_report(account.setup),
        "parameters": {
            "total": account.parameters.amount,
            "active": active_parameters(account.shape),
            "parts": _parts("parameters", account.parameters),
        },
        "flops": {name: _with_total(name, getattr(account, name)) for name in PASSES},
        "memory": {
            "kv_cache_bytes_per_token": account.kv_cache_bytes_per_token,
            "training": _with_total("training_memory", account.training_memory),
            "inference": _with_total("inference_memory", account.inference_memory),
        },
        "time": {name: _decimal(value) for name, value in asdict(account.timing).items()},
        "budgets": {rule.key: _budget(account, rule) for rule in RULES},
        "crossovers": [_crossover(one) for one in crossovers(account.shape, account.setup)],
        "largest": _largest(account, account.setup.gpu),
        "trees": {name: tree(getattr(account, name)) for name in TREES},
    }


def tree(node: Node) -> dict[str, Any]:
    """A node with all that it says, and its parts."""
    said = {name: getattr(node, name) for name in ("key", "name", "amount", "formula", "numbers")}
    more = {name: getattr(node, name) for name in ("shapes", "shape_numbers", "does", "note")}
    parts = {"children": [tree(part) for part in node.children]} if node.children else {}
    return said | {name: value for name, value in more.items() if value} | parts


def setup_report(setup: Setup) -> dict[str, Any]:
    """How it was counted: every convention by its name."""
    fields: Mapping[str, Any] = {name: getattr(setup, name) for name in Setup.__dataclass_fields__}
    return {name: _decimal(value) for name, value in fields.items() if name != "gpu"} | {"gpu": _gpu(setup.gpu)}


def _gpu(gpu: Gpu | None) -> dict[str, Any] | None:
    if gpu is None:
        return None
    figures = {"name": gpu.name, "memory": gpu.memory, "bandwidth": gpu.bandwidth}
    return figures | {"peaks": dict(gpu.peaks), "source": gpu.source}


def _parts(name: str, node: Node) -> dict[str, int]:
    """The parts of a tree, one level down; those that others rely on are there even where they are nothing."""
    return dict.fromkeys(PARTS[name], 0) | {part.key: part.amount for part in node.children}


def _with_total(name: str, node: Node) -> dict[str, int]:
    return {**_parts(name, node), "total": node.amount}


def _budget(account: Account, rule: Rule) -> dict[str, Any]:
    """How many tokens a rule asks for, what training on them costs, and how long it takes."""
    tokens = wanted_tokens(account.shape, rule)
    cost = flops_for(tokens, account.shape, account.setup)
    seconds = account.timing.seconds_for(tokens)
    said = {"name": rule.name, "source": rule.source, "tokens": tokens, "flops": cost}
    return said | {"seconds": _decimal(seconds)}


def _largest(account: Account, gpu: Gpu | None) -> dict[str, int] | None:
    """The most of each that fits into the processor's memory, all else as it is; null without one."""
    if gpu is None or not gpu.memory:
        return None
    most = {
        "batch": largest_batch,
        "context_length": largest_context,
        "inference_context_length": largest_inference_context,
        "num_layers": largest_layers,
        "d_model": largest_d_model,
    }
    return {name: find(account.shape, account.setup, gpu.memory) for name, find in most.items()}


def _crossover(one: Crossover) -> dict[str, Any]:
    return asdict(one) | {"context": _decimal(one.context)}


def _decimal(value: Any) -> Any:
    return float(value) if isinstance(value, Fraction) else value
