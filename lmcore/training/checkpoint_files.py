"""What makes a checkpoint whole? A manifest of sizes and sha256; a damaged one is passed over for the one before.

    ckpt/step-00005000/{model.safetensors, optim.pt, trainer.json, MANIFEST.json}

A checkpoint is filled aside, forced onto the disk and renamed, so that a name that is there stands for all of it.
No torch in here: `checkpoints` fills and reads the files.
"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lmcore.atomic import folder_aside
from lmcore.errors import LmError
from lmcore.generators import result_of
from lmcore.training.plain_files import content_of, opened

WEIGHTS: Final = "model.safetensors"
OPTIMIZER: Final = "optim.pt"
TRAINER: Final = "trainer.json"
MANIFEST: Final = "MANIFEST.json"
FILES: Final = (WEIGHTS, OPTIMIZER, TRAINER, MANIFEST)
_BLOCK: Final = 4 << 20  # bytes whose sha256 takes some 2 to 20 ms
_SPARE: Final = 64 << 20  # bytes that stay free for what else a run writes
_NAME: Final = re.compile(r"step-(\d{8,})")
_LEFT: Final = re.compile(r"\.step-\d{8,}\..+|step-\d{8,}\.old-[0-9a-f]+")


class DamagedError(LmError):
    """A checkpoint whose files are not those that were written."""


class DiskFullError(LmError):
    """There is no room for a checkpoint; those before it are whole."""


@dataclass(frozen=True, order=True)
class Checkpoint:
    """A checkpoint by its step and its folder."""

    step: int
    path: Path

    def trainer(self) -> dict[str, Any]:
        """What trainer.json says."""
        found: dict[str, Any] = json.loads((self.path / TRAINER).read_text(encoding="utf-8"))
        return found

    @property
    def size(self) -> int:
        """Its bytes on the disk."""
        return sum(file.stat().st_size for file in self.path.iterdir())


def checkpoints_in(folder: Path) -> list[Checkpoint]:
    """The checkpoints of a folder by step, whole or not; what is still being written has another name."""
    if not folder.is_dir():
        return []
    found = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted(Checkpoint(int(match[1]), path) for match, path in found if match)


@contextmanager
def writing_checkpoint(folder: Path, step: int, needed: int) -> Iterator[Path]:
    """An empty folder to fill, that becomes the checkpoint of `step` with its manifest when the block ends well.

    Raises `DiskFullError`, before or meanwhile, where there is no room for its `needed` bytes; then nothing is left.
    """
    _check_room(folder, needed)
    path = folder / f"step-{step:08d}"
    try:
        with folder_aside(path, FILES) as aside:
            yield aside
            _write_manifest(aside)
    except OSError as error:
        raise DiskFullError(f"{path}: could not be written ({error.strerror or error}); {remedy(error)}.") from error


def check(checkpoint: Checkpoint, *, weights_alone: bool = False) -> None:
    """Raises `DamagedError` unless every file has the size and the sha256 that the manifest names.

    With `weights_alone` only the weights are read, a third of the bytes: enough for whoever does not go on training.
    """
    result_of(checking(checkpoint, weights_alone=weights_alone))


def checking(checkpoint: Checkpoint, *, weights_alone: bool = False) -> Generator[None, None, None]:
    """The same for who may want to stop it: yields between blocks of the files."""
    listed = _listed(checkpoint)
    for name, expected in listed.items():
        if weights_alone and name != WEIGHTS:
            continue
        if (yield from _describing(checkpoint.path / name)) != expected:
            raise DamagedError(f"{checkpoint.path}: {name} is damaged.")


def has_its_files(checkpoint: Checkpoint) -> bool:
    """Whether each file is there in its size: what is known without reading them, and what a half-written one lacks."""
    try:
        listed = _listed(checkpoint)
        return all((checkpoint.path / name).stat().st_size == size for name, (size, _) in listed.items())
    except (DamagedError, OSError):
        return False


def weights_listed(folder: Path) -> tuple[int, str] | None:
    """Size and sha256 that a checkpoint's weights have by its manifest; None of a folder that is no checkpoint.

    Weights that are others are refused when they are opened, so that whoever speaks has these.
    """
    try:
        size, digest = _listed(Checkpoint(-1, folder))[WEIGHTS]
        int(digest, 16)
    except (DamagedError, ValueError):
        return None
    return size, digest


def _listed(checkpoint: Checkpoint) -> dict[str, tuple[int, str]]:
    """Size and sha256 of each file by the manifest. Raises `DamagedError`."""
    try:
        manifest = json.loads(content_of(checkpoint.path / MANIFEST))
        listed = {name: (int(about["size"]), str(about["sha256"])) for name, about in manifest["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"{checkpoint.path}: its {MANIFEST} cannot be read.") from error
    if missing := set(FILES) - {MANIFEST} - listed.keys():
        raise DamagedError(f"{checkpoint.path}: its {MANIFEST} does not name {min(missing)}.")
    return listed


def keep_only(folder: Path, keep_last: int, keep_every: int, best_step: int | None) -> list[Checkpoint]:
    """Remove the checkpoints that nobody asked to keep; gives back those that were removed.

    A folder is renamed before its files go, so that a half-removed one is not taken for a checkpoint.
    """
    found = checkpoints_in(folder)
    surplus = [
        one
        for one in found[:-keep_last]
        if one.step != best_step and not (keep_every and one.step % keep_every == 0 and one.step)
    ]
    for one in surplus:
        doomed = one.path.with_name(f".{one.path.name}.removed")
        shutil.rmtree(doomed, ignore_errors=True)
        one.path.rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    return surplus


def tidy(folder: Path, beyond: int) -> list[Path]:
    """Remove what killed processes left half-written or half-removed, and set aside what is behind step `beyond`.

    Those checkpoints were passed over as damaged: they would count as the newest, but their step is made again. Gives
    back their new names. Whoever calls holds the run's lock.
    """
    for left in folder.iterdir() if folder.is_dir() else ():
        if _LEFT.fullmatch(left.name):
            shutil.rmtree(left, ignore_errors=True)
    aside = []
    for one in checkpoints_in(folder):
        if one.step > beyond:
            place = one.path.with_name(f"damaged-{one.path.name}")
            shutil.rmtree(place, ignore_errors=True)
            aside.append(one.path.rename(place))
    return aside


def _write_manifest(folder: Path) -> None:
    files = {}
    for file in sorted(folder.iterdir()):
        size, digest = result_of(_describing(file))
        files[file.name] = {"size": size, "sha256": digest}
    (folder / MANIFEST).write_text(json.dumps({"files": files}, indent=1), encoding="utf-8")


def _describing(path: Path) -> Generator[None, None, tuple[int, str]]:
    """Size and sha256; (−1, "") where the file cannot be read. Yields between blocks."""
    digest, block = hashlib.sha256(), bytearray(_BLOCK)
    room = memoryview(block)
    try:
        with opened(path) as file:
            while got := file.readinto(block):
                digest.update(room[:got])
                yield
            return os.fstat(file.fileno()).st_size, digest.hexdigest()
    except OSError:
        return -1, ""


def remedy(error: OSError) -> str:
    """What to do where a file of a run could not be written."""
    full = error.errno in (None, errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return "make room and continue the run" if full else "see that it can be, and continue the run"


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE:
        raise DiskFullError(
            f"{folder}: a checkpoint takes {needed / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free; "
            "make room and continue the run."
        )
