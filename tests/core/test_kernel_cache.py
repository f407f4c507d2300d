"""Do compiled kernels outlive a change of their sources? The folder they are kept in."""

import os
from pathlib import Path

import pytest

from lmcore import paths
from lmcore.bpe import kernel_cache


def test_the_folder_is_ours_unless_the_user_chose_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    monkeypatch.delenv(kernel_cache.VARIABLE)
    ours = tmp_path / "cache" / "kernels" / kernel_cache.sources_key()
    assert kernel_cache.use_kernel_cache() == ours
    assert os.environ[kernel_cache.VARIABLE] == str(ours)
    monkeypatch.setenv(kernel_cache.VARIABLE, "/elsewhere")
    assert kernel_cache.use_kernel_cache() == Path("/elsewhere")
    assert kernel_cache.stamp().parent == Path("/elsewhere")


def test_another_source_means_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("machine.py", "cuts.py"):
        (tmp_path / name).write_text("import lmcore.bpe.machine\n")
    (tmp_path / "words.py").write_text("no kernel here\n")
    monkeypatch.setattr(kernel_cache, "__file__", str(tmp_path / "kernel_cache.py"))

    def key() -> str:
        kernel_cache.sources_key.cache_clear()
        return kernel_cache.sources_key()

    try:
        first = key()
        (tmp_path / "words.py").write_text("still no kernel\n")
        assert key() == first
        (tmp_path / "cuts.py").write_text("import lmcore.bpe.machine as other\n")
        assert key() != first
    finally:
        kernel_cache.sources_key.cache_clear()
