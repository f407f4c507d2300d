"""Which work does the window leave to processes of their own? `worker NAME`: JSON in, one JSON object a line out."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from lmcore.atomic import writing_aside
from lmcore.errors import UsageError
from lmcore.packages import needed_for, spin_briefly
from lmcore.training.commands import Follow
from lmcore.training.workers import add_training_workers


def add_worker_commands(commands: Any, follow: Follow) -> None:
    """Add `worker` with a command for each kind of work."""
    worker = commands.add_parser("worker", help="what the window starts; reads JSON, writes JSON lines")
    kinds = worker.add_subparsers(required=True, metavar="WORK", parser_class=type(worker))
    measuring = kinds.add_parser("measure", help="measure a shape with the real module")
    measuring.set_defaults(run=_measure)
    preparing = kinds.add_parser("prepare", help="compile the kernels, saying before each step how many are left")
    preparing.set_defaults(run=_prepare)
    generating = kinds.add_parser("generate", help="talk to models until standard input ends")
    generating.set_defaults(run=_generate)
    add_training_workers(kinds, follow)


def _measure(arguments: argparse.Namespace) -> None:
    from lmcore.measuring import measure, request_from

    for event in measure(request_from(_read())):
        print(json.dumps({"event": type(event).__name__, **asdict(event)}), flush=True)


def _prepare(_: argparse.Namespace) -> None:
    """One process does it, others that were asked wait for it. The stamp is written when all is done."""
    from lmcore.bpe.compiling import compiling
    from lmcore.bpe.kernel_cache import stamp
    from lmcore.bpe.prepare import is_prepared
    from lmcore.training.line_reading import compile_kernels
    from lmcore.training.locks import waiting_for

    stamp().parent.mkdir(parents=True, exist_ok=True)
    with waiting_for(stamp().with_suffix(".lock")):
        if is_prepared():
            return
        for left in compiling(compile_kernels):
            print(left, flush=True)
        with writing_aside(stamp()) as file:
            file.write("compiled\n")


def _generate(_: argparse.Namespace) -> None:
    """A line of answers for each line of a question."""
    spin_briefly()
    with needed_for("Generating"):
        from lmcore.interop.talking.worker import run_generate_worker

        run_generate_worker()


def _read() -> dict[str, Any]:
    """The one JSON object on standard input."""
    try:
        found = json.loads(sys.stdin.readline())
    except ValueError as error:
        raise UsageError(f"A worker reads one JSON object from standard input: {error}.") from error
    if not isinstance(found, dict):
        raise UsageError("A worker reads one JSON object from standard input; this is another kind of value.")
    return found
