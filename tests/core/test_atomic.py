"""Does a failure at any moment of writing leave the old file or folder whole, and nothing beside it?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lmcore.atomic import check_replaceable, folder_aside, writing_aside
from lmcore.errors import UsageError

DIES_WHILE_WRITING = """
import os, sys
from pathlib import Path
from lmcore.atomic import writing_aside
with writing_aside(Path(sys.argv[1])) as file:
    file.write("half")
    file.flush()
    os._exit(9)
"""


def names(folder: Path) -> list[str]:
    """Everything in `folder`, hidden files as well."""
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, text: str) -> None:
    """Write `folder`/file with `text` in it, aside."""
    with folder_aside(folder, ("file", "stale")) as aside:
        (aside / "file").write_text(text)


def test_text_is_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    with writing_aside(tmp_path / "new" / "file.txt") as file:
        file.write("Ġ\n")
    assert (tmp_path / "new" / "file.txt").read_bytes() == "Ġ\n".encode()


def test_the_target_is_untouched_until_the_end(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")
    with writing_aside(target, "wb") as file:
        file.write(b"new")
        file.flush()
        assert target.read_bytes() == b"old"
    assert target.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), writing_aside(target) as file:
        file.write("new")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_dead_process_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    done = subprocess.run([sys.executable, "-c", DIES_WHILE_WRITING, str(target)], check=False)
    assert done.returncode == 9
    assert target.read_text() == "old"
    assert len(names(tmp_path)) == 2
    with writing_aside(target) as file:
        file.write("new")
    assert names(tmp_path) == ["file"], "what it left is swept when the file is written again"


def test_only_what_is_ours_and_orphaned_is_swept(tmp_path: Path) -> None:
    """A living process's folder, another target's, another machine's, and the user's own hidden things stay."""
    subprocess.run([sys.executable, "-c", DIES_WHILE_WRITING, str(tmp_path / "other")], check=False)
    subprocess.run([sys.executable, "-c", DIES_WHILE_WRITING, str(tmp_path / "folder.x")], check=False)
    with folder_aside(tmp_path / "folder", ()) as alive:
        (tmp_path / ".folder.backup").mkdir()
        dead = alive.with_name(alive.name.replace(f"-{os.getpid()}-", f"-{_dead_process()}-"))
        elsewhere = dead.with_name(dead.name.replace(".folder.", ".folder.f"))
        for orphan in (dead, elsewhere):
            orphan.mkdir()
            (orphan / "file").write_text("half")
        before = set(names(tmp_path))
        with folder_aside(tmp_path / "folder", ()):
            pass
        assert before - set(names(tmp_path)) == {dead.name}
        (tmp_path / "folder").rmdir()


def _dead_process() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_rights_are_kept(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    target.chmod(0o640)
    with writing_aside(target) as file:
        file.write("new")
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    with writing_aside(link) as file:
        file.write("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "stale").write_text("")
    fill(folder, "new")
    assert names(folder) == ["file"]
    assert names(tmp_path) == ["folder"]


def test_an_exception_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    fill(folder, "old")
    with pytest.raises(ZeroDivisionError), folder_aside(folder, ("file",)) as aside:
        (aside / "file").write_text("new")
        raise ZeroDivisionError
    assert (folder / "file").read_text() == "old"
    assert names(tmp_path) == ["folder"]


def test_the_old_folder_comes_back_when_the_second_rename_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    fill(folder, "old")
    rename = Path.rename

    def fail_for_the_new(self: Path, target: Path) -> Path:
        if self.name.startswith(".folder."):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with pytest.raises(OSError, match="No space"):
        fill(folder, "new")
    assert (folder / "file").read_text() == "old"
    assert names(tmp_path) == ["folder"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("precious")
    with pytest.raises(UsageError, match="choose another name"):
        fill(tmp_path / "folder", "new")
    assert (tmp_path / "folder").read_text() == "precious"
    assert names(tmp_path) == ["folder"]


@pytest.mark.parametrize("entry", ["chapter.txt", ".git/"])
def test_a_folder_with_anything_of_the_users_is_never_replaced(tmp_path: Path, entry: str) -> None:
    folder = tmp_path / "folder"
    fill(folder, "old")
    if entry.endswith("/"):
        (folder / entry).mkdir()
    else:
        (folder / entry).write_text("mine")
    with pytest.raises(UsageError, match=f"holds other things .{entry.rstrip('/')}"):
        fill(folder, "new")
    assert names(folder) == sorted([entry.rstrip("/"), "file"])
    assert (folder / "file").read_text() == "old"


def test_the_folder_that_is_worked_in_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for path in (Path(), tmp_path):
        with pytest.raises(UsageError, match="worked in"):
            fill(path, "new")
    assert names(tmp_path) == ["below"]


def test_a_folder_below_a_file_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text", encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.txt is a file"):
        check_replaceable(tmp_path / "a.txt" / "below" / "deep", ())
    check_replaceable(tmp_path / "new" / "deep", ())
