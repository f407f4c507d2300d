"""Which models and processors are known? As lines for people and as one JSON object."""

from collections.abc import Iterator
from typing import Any, Final

from lmcore import figures
from lmcore.accounting.hardware import PRECISIONS, Gpu, gpus
from lmcore.accounting.parameters import parameters
from lmcore.accounting.presets import families

_TERA: Final = 10**12


def listed_presets() -> Iterator[str]:
    """The presets by family: the key, which `--preset` takes, the name and the number of parameters."""
    for family in families():
        yield family.name
        for preset in family.presets:
            amount = figures.count(parameters(preset.shape).amount)
            yield f"  {preset.key:<24}{preset.name:<28}{amount:>19} parameters"


def listed_gpus() -> Iterator[str]:
    """The processors by name, with memory, bandwidth and dense peaks."""
    yield "Processors: memory, bandwidth, dense TFLOP/s in " + ", ".join(PRECISIONS)
    for gpu in gpus():
        peaks = "".join(f"{_tera(gpu, precision):>9}" for precision in PRECISIONS)
        memory, bandwidth = figures.count(gpu.memory // 10**9), figures.rate(gpu.bandwidth, "bytes")
        yield f"  {gpu.name:<26}{memory:>4} GB{bandwidth:>11}{peaks}"


def listing_report() -> dict[str, Any]:
    """Both lists with the source of each row."""
    presets = [
        {"key": preset.key, "name": preset.name, "family": family.name, "source": preset.source}
        | {"parameters": parameters(preset.shape).amount, "remarks": list(preset.remarks)}
        for family in families()
        for preset in family.presets
    ]
    processors = [
        {"name": gpu.name, "memory": gpu.memory, "bandwidth": gpu.bandwidth, "peaks": dict(gpu.peaks)}
        | {"source": gpu.source}
        for gpu in gpus()
    ]
    return {"presets": presets, "gpus": processors}


def _tera(gpu: Gpu, precision: str) -> str:
    peak = gpu.peak(precision)
    return "–" if peak is None else f"{peak / _TERA:,g}"
