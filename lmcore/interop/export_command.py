"""What does `export` do? Opens a model and writes it in the format of other programs."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lmcore import figures
from lmcore.atomic import check_replaceable, check_replaceable_file
from lmcore.errors import UsageError
from lmcore.interop.opening import open_model
from lmcore.packages import needed_for

if TYPE_CHECKING:
    from lmcore.interop.gguf import Precision
    from lmcore.interop.opening import Opened

_GGUF: Final = "gguf"


def run_export(arguments: argparse.Namespace) -> None:
    """Run the command. Raises `UsageError` before any work where the place is another's."""
    if arguments.precision and arguments.to != _GGUF:
        raise UsageError(f"--precision is for gguf; {arguments.to} keeps the precision of the weights.")
    with needed_for("Exporting"):
        _check_out(arguments.out, arguments.to, arguments.model)
        opened = open_model(arguments.model)
        notes = _write(opened, arguments)
    written = sum(file.stat().st_size for file in _files(arguments.out))
    if arguments.json:
        report = {"format": arguments.to, "path": str(arguments.out), "bytes": written, "notes": list(notes)}
        if arguments.to == _GGUF:
            report["precision"] = arguments.precision or "f32"
        print(json.dumps(report | {"parameters": _parameters(opened)}, ensure_ascii=False))
        return
    for note in notes:
        print(note, file=sys.stderr)
    print(f"{figures.count(_parameters(opened))} parameters, {figures.size(written)}, saved to {arguments.out}.")


def _check_out(out: Path, form: str, source: Path) -> None:
    """Raises `UsageError` where what would be written replaces something else, or what is read."""
    from lmcore.interop.gguf import MAGIC
    from lmcore.interop.huggingface import FILES

    if form == _GGUF:
        read = _files(source) if source.is_dir() else []
        check_replaceable_file(out, "GGUF model", lambda file: _beginning(file, len(MAGIC)) == MAGIC, read)
    else:
        if out.exists() and source.exists() and out.samefile(source):
            raise UsageError(f"{out} is the folder that is read; choose another one.")
        check_replaceable(out, FILES)


def _write(opened: "Opened", arguments: argparse.Namespace) -> tuple[str, ...]:
    """Write the model; what is said of it."""
    from lmcore.interop.gguf import export_gguf
    from lmcore.interop.huggingface import export_huggingface

    model, tokenizer, out = opened.model, opened.needed_tokenizer(), arguments.out
    bos, eos = opened.bos, next(iter(opened.eos), None)
    if arguments.to == _GGUF:
        precision: Precision = arguments.precision or "f32"
        return export_gguf(model, tokenizer, out, precision, bos=bos, eos=eos, leading=opened.leading)
    return export_huggingface(model, tokenizer, out, bos=bos, eos=eos)


def _beginning(file: Path, length: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(length)


def _files(path: Path) -> list[Path]:
    return [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]


def _parameters(opened: "Opened") -> int:
    return sum(weight.numel() for weight in opened.model.parameters())
