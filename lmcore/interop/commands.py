"""The commands `export` and `generate`: a model into other programs' formats, and what it writes."""

import argparse
from pathlib import Path
from typing import Any, Final

_MODEL: Final = "a run, one of its checkpoints, or a folder of Hugging Face of the Llama or the Qwen3 kind"
# The defaults of `lmcore.model.Sampling`, whose file needs torch.
_SAMPLING: Final[tuple[tuple[str, type, float, str], ...]] = (
    ("temperature", float, 1.0, "0 takes the likeliest token; below 1 likely ones more often"),
    ("top-k", int, 0, "only the N likeliest tokens; 0 is all"),
    ("top-p", float, 1.0, "only the fewest tokens that reach this share of the probability"),
    ("min-p", float, 0.0, "only tokens at least this share as likely as the likeliest"),
    ("repetition-penalty", float, 1.0, "above 1 makes tokens that occurred less likely"),
    ("seed", int, 0, "the same seed draws the same text"),
)


def add_interop_commands(commands: Any) -> None:
    """Adds both commands to the parser's."""
    export = commands.add_parser("export", help="write a model for Hugging Face or llama.cpp")
    export.add_argument("model", type=Path, metavar="PATH", help=_MODEL)
    export.add_argument("--to", required=True, choices=["huggingface", "gguf"], help="the format")
    export.add_argument("--out", required=True, type=Path, metavar="PATH", help="the folder; of gguf the file")
    export.add_argument(
        "--precision", choices=["f32", "f16", "q8_0"], help="of the matrices in a gguf; f32 unless given"
    )
    export.add_argument("--json", action="store_true", help="print one JSON object")
    export.set_defaults(run=_export)
    _add_generate(commands)


def _add_generate(commands: Any) -> None:
    generate = commands.add_parser("generate", help="let a model continue a text")
    generate.add_argument("model", type=Path, metavar="PATH", help=_MODEL)
    generate.add_argument(
        "--prompt", required=True, metavar="TEXT", help='what comes before, special tokens included; "" begins a text'
    )
    generate.add_argument("--max-new-tokens", type=_positive, default=256, metavar="N", help="at most so many; 256")
    for name, kind, default, meaning in _SAMPLING:
        metavar = "N" if kind is int else "X"
        generate.add_argument(f"--{name}", type=kind, default=default, metavar=metavar, help=meaning)
    generate.add_argument("--no-cache", action="store_true", help="compute every position anew for each token")
    generate.add_argument("--json", action="store_true", help="print one JSON object at the end")
    generate.set_defaults(run=_generate)


def _export(arguments: argparse.Namespace) -> None:
    from lmcore.interop.export_command import run_export

    run_export(arguments)


def _generate(arguments: argparse.Namespace) -> None:
    from lmcore.interop.generate_command import run_generate

    run_generate(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return number
