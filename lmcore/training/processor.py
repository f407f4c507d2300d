"""What is the processor called? As people say it: "Intel Xeon", "AMD Ryzen 7 5800X", "Apple M2 Pro"."""

import platform
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

CPUINFO: Final = Path("/proc/cpuinfo")
_KEYS: Final = ("model name", "Model", "Hardware", "cpu model", "cpu", "uarch")
"""Of /proc/cpuinfo: x86, then boards with ARM, MIPS, POWER and RISC-V, which each say it in their way."""
_SECONDS: Final = 2.0  # that a program may take to say it
_NOT_ITS_NAME: Final = re.compile(
    r"\((?:R|TM|C)\)|[®™©]"  # signs of trade marks
    r"|@.*$"  # "@ 2.20GHz", which it rarely runs at
    r"|\bw(?:ith|/) .*$"  # "with Radeon Graphics"
    r"|\b(?:\d+|Dual|Triple|Quad|Six|Eight|Twelve)-Core\b"  # said beside it, of this machine
    r"|\b(?:CPU|Processor)\b",
    re.IGNORECASE,
)


def processor_name() -> str:
    """The model of this machine's processor; "CPU" where nobody says it."""
    found = ""
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        found = _SAID_BY.get(sys.platform, platform.processor)()
    return tidied(found) or "CPU"


def tidied(name: str) -> str:
    """Without what is no part of the name: tidied("Intel(R) Core(TM) i7-8550U CPU @ 1.80GHz") gives
    "Intel Core i7-8550U".
    """
    return " ".join(_NOT_ITS_NAME.sub(" ", name).split()).strip(" ,")


def name_in(cpuinfo: str) -> str:
    """What /proc/cpuinfo calls the first processor, by the best of the keys that it has; "" where it has none."""
    pairs = (line.partition(":") for line in cpuinfo.splitlines())
    found: dict[str, str] = {}
    for key, _, value in pairs:
        found.setdefault(key.strip(), value.strip())
    names = (found.get(key, "") for key in _KEYS)
    return next((name for name in names if name and not name.isdigit()), "")


def _listed() -> str:
    """What Linux lists of it."""
    return name_in(CPUINFO.read_text(encoding="utf-8", errors="replace"))


def _asked() -> str:
    """What macOS answers."""
    asked = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    return subprocess.run(asked, check=True, capture_output=True, text=True, timeout=_SECONDS).stdout


def _registered() -> str:
    """What Windows wrote down of it at its start."""
    import winreg

    place = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:  # type: ignore[attr-defined,unused-ignore]
        return str(winreg.QueryValueEx(key, "ProcessorNameString")[0])  # type: ignore[attr-defined,unused-ignore]


_SAID_BY: Final = {"linux": _listed, "darwin": _asked, "win32": _registered}
