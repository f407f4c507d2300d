"""What does the page remember between two starts? Its inputs and pins, as JSON; what cannot be read is forgotten."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

from app.pages.shape.chosen import Chosen, FlopsOf, MemoryOf
from app.pages.shape.comparing import Pin
from app.pages.shape.pins import four_of
from app.settings import Settings
from lmcore.accounting import Setup, Shape
from lmcore.accounting.hardware import Gpu
from lmcore.accounting.presets import find_preset

FIRST: Final = "course-2025-xl"
FOUR: Final = "course-2025"


def first() -> Chosen:
    """What the page shows on the first visit: the course's GPT-2 XL, counted as the course counts."""
    preset = find_preset(FIRST)
    return Chosen(preset.shape, Setup(), preset.name, preset.shape)


def load(settings: Settings) -> tuple[Chosen, tuple[Pin, ...]]:
    """The inputs and pins of last time, or those of the first visit."""
    try:
        found = json.loads(settings.shape)
        return _chosen(found), tuple(_pin(pin) for pin in found["pins"])
    except (ValueError, TypeError, LookupError, AttributeError):
        return first(), four_of(FOUR)


def save(settings: Settings, chosen: Chosen, pins: Sequence[Pin]) -> None:
    """Remember them."""
    setup = {field.name: getattr(chosen.setup, field.name) for field in fields(Setup)}
    gpu = chosen.setup.gpu
    setup["mfu"] = str(chosen.setup.mfu)
    setup["gpu"] = gpu and {
        "name": gpu.name,
        "memory": gpu.memory,
        "bandwidth": gpu.bandwidth,
        "peaks": dict(gpu.peaks),
        "source": gpu.source,
    }
    plain = {name: getattr(chosen, name) for name in ("name", "follows", "flops_of", "memory_of", "rule", "budget")}
    written = {
        **plain,
        "shape": asdict(chosen.shape),
        "origin": asdict(chosen.origin),
        "setup": setup,
        "pins": [asdict(pin) for pin in pins],
    }
    settings.shape = json.dumps(written)


def _chosen(found: Mapping[str, Any]) -> Chosen:
    base = first()
    return replace(
        base,
        shape=Shape(**found["shape"]),
        origin=Shape(**found["origin"]),
        setup=_setup(found["setup"]),
        name=str(found["name"]),
        follows=bool(found["follows"]),
        flops_of=FlopsOf(found["flops_of"]),
        memory_of=MemoryOf(found["memory_of"]),
        rule=str(found["rule"]),
        budget=max(1, int(found["budget"])),
    )


def _setup(found: Mapping[str, Any]) -> Setup:
    """Kinds are written by their values; making them of these is also what checks them."""
    kinds: dict[str, Any] = {field.name: type(field.default) for field in fields(Setup)}
    known = {name: kinds[name](value) for name, value in found.items() if name not in ("gpu", "mfu")}
    return Setup(**known, mfu=Fraction(found["mfu"]), gpu=_gpu(found["gpu"]))


def _gpu(found: Mapping[str, Any] | None) -> Gpu | None:
    if found is None:
        return None
    peaks = MappingProxyType({str(kind): int(peak) for kind, peak in found["peaks"].items()})
    return Gpu(str(found["name"]), int(found["memory"]), int(found["bandwidth"]), peaks, str(found["source"]))


def _pin(found: Mapping[str, Any]) -> Pin:
    return Pin(str(found["name"]), str(found["short"]), str(found["family"]), Shape(**found["shape"]))
