"""What does this process have of the machine? Processors and memory."""

import functools
import os

import psutil


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _this() -> psutil.Process:
    return psutil.Process()


def resident_memory() -> int:
    """Bytes of memory that this process occupies now."""
    return int(_this().memory_info().rss)
