"""What does a whole process take? Wall seconds and peak memory of commands that take turns in one run."""

import contextlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_POLL: Final = 0.02  # seconds between looks at a process's own memory
_KILOBYTE: Final = 1024


@dataclass(frozen=True)
class Run:
    """One process: seconds from start to end, peak memory in bytes (with and without mapped files), what it printed."""

    seconds: float
    peak: int
    own_peak: int
    printed: Mapping[str, Any]


@dataclass
class Runs:
    """The runs of one command."""

    all: list[Run] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Wall seconds."""
        return statistics.median(run.seconds for run in self.all)

    @property
    def least(self) -> float:
        """Wall seconds."""
        return min(run.seconds for run in self.all)

    @property
    def most(self) -> float:
        """Wall seconds."""
        return max(run.seconds for run in self.all)

    @property
    def peak(self) -> int:
        """Bytes, the largest of all runs."""
        return max(run.peak for run in self.all)

    @property
    def own_peak(self) -> int:
        """Bytes that are not mapped from files, the largest of all runs; 0 where the system does not tell."""
        return max(run.own_peak for run in self.all)

    def middle(self, *keys: str) -> float:
        """The median of a number that every run printed."""
        values = []
        for run in self.all:
            value: Any = run.printed
            for key in keys:
                value = value[key]
            values.append(value)
        return float(statistics.median(values))


def _own_memory(process: int) -> int:
    """Bytes in memory that belong to no file, or 0 where Linux does not say."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * _KILOBYTE
    return 0


def run(command: Sequence[str], folder: Path) -> Run:
    """Runs a command that prints one JSON object. One that fails ends everything, with what it said."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        ended, own = threading.Event(), [0]

        def watch() -> None:
            while not ended.wait(_POLL):
                own[0] = max(own[0], _own_memory(process.pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        assert process.stdout is not None
        assert process.stderr is not None
        printed, problems = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        ended.set()
        watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)}: status {process.returncode}\n{problems.decode(errors='replace')}")
    return Run(seconds, usage.ru_maxrss * _KILOBYTE, own[0], json.loads(printed))


def take_turns(commands: Mapping[str, Sequence[str]], rounds: int, folder: Path) -> dict[str, Runs]:
    """Runs all commands so many times: A B C, A B C, ... so that whatever else the machine does hits all of them."""
    found = {name: Runs() for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].all.append(run(command, folder))
    return found
