"""Does set-up see what is missing, half-made or changed, and say so in words that help? No test needs a network."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import main
from lmcore import cli
from main import QT_LIBRARIES, X_LIBRARIES, Environment, SetupError

ROOT = Path(main.__file__).parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what set-up reads, without an environment."""
    root = tmp_path / "copy"
    (root / "resources").mkdir(parents=True)
    for name in ("main.py", "pyproject.toml", "resources/constraints.txt"):
        shutil.copy(ROOT / name, root / name)
    return root


@pytest.fixture
def made(copy: Path) -> Environment:
    """An environment in that copy that looks complete, for the window."""
    environment = Environment(copy)
    environment.python.parent.mkdir(parents=True)
    environment.python.touch()
    environment.write_stamp({"": environment.wanted(""), "prepared": environment.wanted("")})
    return environment


def start(root: Path, *argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run main.py of `root` as a user does, without a display unless `environ` says otherwise."""
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    env = {name: value for name, value in os.environ.items() if name not in hidden} | environ
    line = [sys.executable, str(root / "main.py"), *argv]
    return subprocess.run(line, env=env, capture_output=True, text=True, check=False)


def without_network() -> dict[str, str]:
    """The settings of a machine on which pip reaches no index and has nothing at hand."""
    unset = {name: "" for name in os.environ if name.startswith("PIP_")}
    index = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_TIMEOUT": "2"}
    return {**unset, **index, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1"}


# ---- Python, display, libraries ----


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 8), (3, 10, 14)])
def test_an_old_python_is_told_what_is_needed(version: tuple[int, ...]) -> None:
    sentence = main.too_old(version)
    assert "Python 3.11 or newer is needed" in sentence
    assert f"this is {version[0]}.{version[1]};" in sentence


def test_newer_pythons_are_fine() -> None:
    assert main.too_old((3, 11, 0)) == main.too_old((3, 14, 1)) == main.too_old((4, 0, 0)) == ""


def test_an_old_python_can_read_the_file_to_the_end() -> None:
    ast.parse((ROOT / "main.py").read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"])
def test_a_display_of_any_kind_will_do(name: str) -> None:
    assert main.display_hint({name: "x"}, "linux") == ""


def test_without_a_display_the_window_says_what_works_without() -> None:
    hint = main.display_hint({"DISPLAY": ""}, "linux")
    assert "DISPLAY" in hint
    assert "python3 main.py bpe-train" in hint
    assert "python3 main.py capture DIR" in hint
    assert main.display_hint({}, "darwin") == main.display_hint({}, "win32") == ""


@pytest.mark.parametrize(
    ("command", "environ", "expected"),
    [
        ("", {"DISPLAY": ":0"}, {**QT_LIBRARIES, **X_LIBRARIES}),
        ("", {"WAYLAND_DISPLAY": "wayland-0"}, QT_LIBRARIES),
        ("", {"DISPLAY": ":0", "QT_QPA_PLATFORM": "offscreen"}, QT_LIBRARIES),
        ("test", {"DISPLAY": ":0"}, QT_LIBRARIES),
        ("capture", {}, QT_LIBRARIES),
        ("bpe-train", {"DISPLAY": ":0"}, {}),
    ],
)
def test_only_what_a_command_opens_is_asked_for(
    command: str, environ: Mapping[str, str], expected: Mapping[str, str]
) -> None:
    assert main.libraries_for(command, environ, "linux") == expected
    assert main.libraries_for(command, environ, "darwin") == {}


def test_the_loader_decides_what_is_missing() -> None:
    assert main.missing({"libc.so.6": "libc6", "libnot-there.so.7": "libnot7"}) == {"libnot-there.so.7": "libnot7"}


def test_missing_libraries_end_in_one_line_to_type() -> None:
    sentence = main.lacking({"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1"})
    assert "libEGL.so.1, libGL.so.1" in sentence
    assert sentence.splitlines()[-1].strip() == "sudo apt install libegl1 libgl1"


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts an apt-get that runs a given shell script in the place of the system's; returns the log of its calls."""

    def put(script: str) -> Path:
        calls = tmp_path / "calls"
        program = tmp_path / "bin" / "apt-get"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >> {calls}\n{script}\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
        return calls

    return put


def test_root_installs_what_is_missing(
    tmp_path: Path, apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "library"
    calls = apt(f"touch {library}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    main.provide(lambda: {} if library.exists() else {"libGL.so.1": "libgl1"})
    assert calls.read_text() == "noninteractive install --yes --no-install-recommends libgl1\n"


def test_lists_are_fetched_when_apt_does_not_know_the_package(
    tmp_path: Path, apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = apt(f'[ "$1" = update ] && touch {tmp_path}/lists; [ -e {tmp_path}/lists ]')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    main.provide(lambda: {} if (tmp_path / "lists").exists() else {"libGL.so.1": "libgl1"})
    assert [line.split()[1] for line in calls.read_text().splitlines()] == ["install", "update", "install"]


def test_others_are_told_and_nothing_is_installed(apt: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    calls = apt("true")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match="sudo apt install libgl1"):
        main.provide(lambda: {"libGL.so.1": "libgl1"})
    assert not calls.exists()


# ---- the stamp ----


def test_a_complete_environment_is_ready(made: Environment) -> None:
    assert made.ready("")
    assert not made.ready("test")


def test_the_window_does_not_need_the_tools_of_the_tests(made: Environment) -> None:
    assert not any(line.startswith("pytest") for line in made.requirements(""))
    assert set(made.requirements("")) < set(made.requirements("test"))


def test_the_window_does_not_need_torch_but_training_and_the_tests_do(made: Environment) -> None:
    def asks_for_torch(extra: str) -> list[str]:
        return [line for line in made.requirements(extra) if line.startswith(("torch", "safetensors", "transformers"))]

    assert not asks_for_torch("")
    assert set(asks_for_torch("training")) < set(asks_for_torch("test"))
    assert set(made.requirements("training")) < set(made.requirements("test"))


@pytest.mark.parametrize(
    ("argv", "extra"),
    [
        ("", ""),
        ("test -x", "test"),
        ("train config.toml", "training"),
        ("generate RUN --prompt a", "training"),
        ("export RUN --to gguf", "training"),
        ("worker train RUN", "training"),
        ("worker measure", ""),
        ("worker", ""),
        ("bpe-train train", ""),
        ("capture DIR", ""),
    ],
)
def test_commands_ask_for_what_they_need_beyond_the_window(argv: str, extra: str) -> None:
    assert main.extra_for(argv.split()) == extra


def test_every_command_with_an_extra_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in main.EXTRAS.keys() - {("test",), ("train",), ("worker", "train")}:
        with pytest.raises(SystemExit):
            cli.main([*words, "--help"])
        assert " ".join(words) in capsys.readouterr().out


def test_everything_that_the_tests_are_run_with_is_held_at_one_release() -> None:
    lines = (ROOT / "resources" / "constraints.txt").read_text().splitlines()
    held = {line.split("==")[0].lower().replace("_", "-") for line in lines if "==" in line}
    for line in Environment(ROOT).requirements("test"):
        assert re.split("[<>=]", line)[0].lower() in held


@pytest.mark.parametrize("name", ["pyproject.toml", "resources/constraints.txt"])
def test_a_change_of_what_to_install_is_seen(made: Environment, name: str) -> None:
    path = made.root / name
    path.write_text(path.read_text().replace("orjson", "ujson"))
    assert not made.ready("")


def test_a_change_of_anything_else_is_not(made: Environment) -> None:
    path = made.root / "pyproject.toml"
    path.write_text(path.read_text().replace("line-length = 120", "line-length = 100"))
    assert made.ready("")


def test_another_python_makes_it_stale(made: Environment) -> None:
    content = json.loads(made.stamp.read_text())
    made.stamp.write_text(json.dumps({**content, "python": "cpython-310"}))
    assert made.stamped() == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '"text"', "{}"])
def test_a_stamp_that_cannot_be_read_counts_as_none(made: Environment, content: str) -> None:
    made.stamp.write_text(content)
    assert made.stamped() == {}


def test_a_broken_interpreter_is_seen(made: Environment) -> None:
    made.python.unlink()
    made.python.symlink_to("/nowhere/python3")
    assert not made.ready("")


def test_kernels_that_were_not_compiled_are_made_up_for(made: Environment) -> None:
    made.write_stamp({"": made.wanted("")})
    assert not made.ready("")


def test_a_failed_step_takes_the_stamp_with_it(made: Environment) -> None:
    made.python.unlink()
    made.python.symlink_to("/bin/false")
    with main.only_one(made.root / "lock") as lock, pytest.raises(SetupError):
        made.install("test", lock)
    assert made.stamped() == {}
    assert made.log.exists()


# ---- what went wrong ----


@pytest.mark.parametrize(
    ("printed", "sentence"),
    [
        ("WARNING: NewConnectionError(x)\nERROR: No matching distribution found for numba", "no connection"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for numba\nERROR: x", "not offer .*: ERROR: No matching .* numba"),
        ("ERROR: Cannot install numba\nERROR: ResolutionImpossible: x", "not offer .*: ERROR: Cannot install numba"),
        ("Looking\nERROR: Invalid requirement\nnotice: a new pip", "failed: ERROR: Invalid requirement"),
        ("", "nothing was printed"),
    ],
)
def test_a_failure_is_explained_and_the_log_named(tmp_path: Path, printed: str, sentence: str) -> None:
    log = tmp_path / "log"
    log.write_text(printed)
    assert re.search(sentence, main.explain(log))
    assert str(log) in main.explain(log)


# ---- whole starts, without a network ----


def test_without_a_display_nothing_is_set_up(copy: Path) -> None:
    done = start(copy)
    assert done.returncode == 1
    assert done.stderr.strip() == main.WITHOUT_A_DISPLAY
    assert not (copy / ".venv").exists()


def test_a_ready_environment_is_entered_with_the_same_arguments(made: Environment) -> None:
    made.python.write_text('#!/bin/sh\necho "$@"\n')
    made.python.chmod(0o755)
    done = start(made.root, "encode", "two words", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{made.root / 'main.py'} encode two words --json\n"


def test_a_model_is_not_asked_for_before_its_packages_are_there(made: Environment) -> None:
    """The same environment that the window is content with."""
    made.python.write_text('#!/bin/sh\necho "$@"\n')
    made.python.chmod(0o755)
    assert start(made.root, "shape").returncode == 0
    made.python.write_text('#!/bin/sh\necho "asked to $@"\nexit 1\n')
    done = start(made.root, "generate", "RUN")
    assert done.returncode == 1
    assert "asked to -m pip install" in made.log.read_text()
    assert "torch>=" in made.log.read_text()


def test_a_half_made_environment_is_begun_again_and_no_network_said_in_two_lines(made: Environment) -> None:
    made.stamp.unlink()
    rest = made.folder / "rest of an interrupted start"
    rest.touch()
    done = start(made.root, "vocab", **without_network())
    first, second, third = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert not rest.exists()
    assert first.startswith("Setting up LM Explorer")
    assert "no connection" in second
    assert third.endswith(str(made.log))
    assert made.stamped() == {}


def test_a_second_start_waits_for_the_first_and_uses_what_it_made(made: Environment) -> None:
    stamp = made.stamp.read_text()
    made.stamp.unlink()
    made.python.write_text("#!/bin/sh\necho entered\n")
    made.python.chmod(0o755)
    with main.only_one(made.root / ".venv.lock"):
        line = [sys.executable, str(made.root / "main.py"), "vocab"]
        second = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert second.stderr is not None
        assert "waiting" in second.stderr.readline()
        made.stamp.write_text(stamp)
    out, err = second.communicate(timeout=30)
    assert (second.returncode, out, err) == (0, "entered\n", "")


def test_a_lock_lasts_as_long_as_the_step_of_a_killed_start(made: Environment) -> None:
    with main.only_one(made.root / "lock") as lock:
        step = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock,))
    with (made.root / "lock").open("a") as file:
        assert not main.lock_now(file.fileno())
        step.communicate()
        assert main.lock_now(file.fileno())
