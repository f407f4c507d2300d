"""Do the folders follow the environment, and is everything bundled that others name?"""

from pathlib import Path

import pytest

from lmcore import paths

SAMPLE = "sample/moby-dick-and-speeches.txt"


def test_one_variable_moves_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "home"))
    folders = [paths.cache_dir(), paths.config_dir(), paths.data_dir()]
    assert len(set(folders)) == 3
    assert all(folder.is_dir() and folder.parent == tmp_path / "home" for folder in folders)


def test_without_the_variable_the_platform_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(paths.HOME_VARIABLE, raising=False)
    usual = tmp_path / "lm-explorer"
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name, appauthor: str(usual))
    assert paths.cache_dir() == usual
    assert usual.is_dir()


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.svg"):
        paths.resource("icons/nothing.svg")


def test_the_sample_is_what_its_provenance_says() -> None:
    text = paths.resource(SAMPLE).read_text(encoding="utf-8")
    documents = text.split("\n<|endoftext|>\n")
    provenance = paths.resource("sample/PROVENANCE").read_text(encoding="utf-8")
    assert text.startswith("Call me Ishmael. ")
    assert f"{len(text.encode()):,} bytes" in provenance
    assert f"{len(documents)}: " in provenance
    assert all(document.strip() for document in documents)


def test_fonts_and_icons_come_with_their_licences() -> None:
    for licence in ("fonts/LICENSE-Inter.txt", "fonts/LICENSE-JetBrainsMono.txt", "icons/LICENSE-lucide.txt"):
        assert "Copyright" in paths.resource(licence).read_text(encoding="utf-8")
