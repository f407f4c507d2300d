"""How does LM Explorer start on a machine that has only Python? It sets itself up, then hands over.

    python3 main.py                            the window
    python3 main.py test [pytest arguments]    the tests
    python3 main.py COMMAND ...                a command of lmcore; `capture DIR` draws the pages

The first start makes `.venv` beside this file, installs what pyproject.toml names in the versions of
resources/constraints.txt, and runs this file again in there. A stamp in `.venv` holds hashes of what was installed
and is written last: later starts compare hashes only, and a half-made `.venv` is one without a stamp.
The syntax stays that of Python 3.6, so that an old Python gets as far as saying that it is too old.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

OLDEST = (3, 11)


def too_old(version: "tuple[int, ...]") -> str:
    """The sentence for a Python before `OLDEST`, or ""; too_old((3, 9, 2)) -> "Python 3.11 or newer is needed, ..."."""
    if version[:2] >= OLDEST:
        return ""
    needed, this = (".".join(map(str, numbers[:2])) for numbers in (OLDEST, version))
    return f"Python {needed} or newer is needed, this is {this}; install it and type: python{needed} main.py"


if too_old(sys.version_info[:3]):
    sys.exit(too_old(sys.version_info[:3]))

ROOT = Path(__file__).resolve().parent
NT = os.name == "nt"
# What Qt opens, and the Debian package that holds it: always, and for a window under X.
QT_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
X_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
# What a command needs beyond the window's packages, by its words: an extra of pyproject.toml.
EXTRAS = {
    ("test",): "test",
    ("train",): "training",
    ("generate",): "training",
    ("export",): "training",
    ("worker", "train"): "training",
    ("worker", "queue"): "training",
    ("worker", "machine"): "training",
    ("worker", "generate"): "training",
}
NO_CONNECTION = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError")
NOT_OFFERED = ("No matching distribution found", "ResolutionImpossible")
WITHOUT_A_DISPLAY = """\
There is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set.
These work without one:
  python3 main.py bpe-train CORPUS --vocab-size 10000 --out DIR    train a tokenizer
  python3 main.py vocab TOKENIZER                                  the longest tokens of a tokenizer
  python3 main.py capture DIR                                      draw every page to a picture
  python3 main.py test                                             run the tests"""


class SetupError(Exception):
    """What hinders the start, in a sentence or two for the user, with the remedy."""


def say(text: str) -> None:
    """Tell the user; standard output belongs to the commands."""
    print(text, file=sys.stderr, flush=True)


def display_hint(environ: Mapping[str, str], platform: str) -> str:
    """What to say where no window can open, or ""."""
    chosen = any(environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    return "" if chosen or platform != "linux" else WITHOUT_A_DISPLAY


def libraries_for(command: str, environ: Mapping[str, str], platform: str) -> dict[str, str]:
    """The libraries, with their packages, that `command` opens ("" is the window)."""
    if platform != "linux" or command not in ("", "capture", "test"):
        return {}
    under_x = environ.get("DISPLAY") and environ.get("QT_QPA_PLATFORM", "xcb").startswith("xcb")
    return {**QT_LIBRARIES, **X_LIBRARIES} if under_x and not command else QT_LIBRARIES


def opens(library: str) -> bool:
    """Whether the system's loader finds `library`."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def extra_for(argv: Sequence[str]) -> str:
    """The extra that the command of `argv` needs, or ""; extra_for(["worker", "train", "RUN"]) -> "training"."""
    return next((extra for words, extra in EXTRAS.items() if tuple(argv[: len(words)]) == words), "")


def missing(libraries: Mapping[str, str], found: Callable[[str], bool] = opens) -> dict[str, str]:
    """Those of `libraries` that are not `found`."""
    return {library: package for library, package in libraries.items() if not found(library)}


def missing_for_venv() -> dict[str, str]:
    """What `python3 -m venv` needs and Debian keeps in a package of its own, where it is missing."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return {} if importlib.util.find_spec("ensurepip") else {"ensurepip": package}


def lacking(parts: Mapping[str, str]) -> str:
    """What to say about missing `parts` (with their packages), ending in the one line to type."""
    names, packages = ", ".join(sorted(parts)), " ".join(sorted(set(parts.values())))
    return f"The system lacks {names}. On Debian or Ubuntu type this and start again:\n  sudo apt install {packages}"


def provide(look: Callable[[], Mapping[str, str]]) -> None:
    """Install the packages of what `look` finds missing, as root with apt; raises `SetupError` if it stays missing."""
    parts = look()
    if parts and not NT and os.geteuid() == 0 and shutil.which("apt-get"):
        packages = sorted(set(parts.values()))
        say(f"Installing system packages: {' '.join(packages)}")
        apt_install(packages)
        importlib.invalidate_caches()
        parts = look()
    if parts:
        raise SetupError(lacking(parts))


def apt_install(packages: Sequence[str]) -> None:
    """Install `packages`, asking nothing; apt's lists are fetched only where it does not know them."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    for line in (install, ["apt-get", "update"], install):
        done = subprocess.run(line, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if line is install and done.returncode == 0:
            return


class Environment:
    """The `.venv` of the project in `root`: what it should hold, what its stamp says that it holds, how it is made."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if NT else "bin/python")
        self.stamp = self.folder / "stamp.json"
        self.log = root / ".venv.log"
        self.constraints = root / "resources" / "constraints.txt"

    def requirements(self, extra: str) -> list[str]:
        """What pyproject.toml asks for, with `extra` or, where that is "", without."""
        import tomllib

        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]

    def wanted(self, extra: str) -> str:
        """A hash of all that decides what an installation with `extra` consists of."""
        parts = [self.requirements(extra), self.constraints.read_text(encoding="utf-8"), sys.implementation.cache_tag]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def stamped(self) -> dict[str, str]:
        """What was done completely, hashes by extra and "prepared"; nothing where `.venv` is half-made or broken."""
        try:
            content: dict[str, str] = json.loads(self.stamp.read_text(encoding="utf-8"))
            usable = self.python.exists() and content["python"] == sys.implementation.cache_tag
        except (OSError, ValueError, LookupError, TypeError):
            return {}
        return content if usable else {}

    def ready(self, extra: str) -> bool:
        """Whether `.venv` holds what is wanted, and the kernels were compiled."""
        stamped = self.stamped()
        return stamped.get(extra) == self.wanted(extra) and stamped.get("prepared") == self.wanted("")

    def running(self) -> bool:
        """Whether this process runs in `.venv`."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def make(self, extra: str, lock: int) -> None:
        """Make or complete `.venv`; `lock` is the number of the lock file, which every step inherits."""
        if self.stamped().get(extra) != self.wanted(extra):
            self.install(extra, lock)
        if self.stamped().get("prepared") != self.wanted(""):
            self.prepare()
            self.write_stamp({**self.stamped(), "prepared": self.wanted("")})

    def install(self, extra: str, lock: int) -> None:
        """Install what is wanted; the stamp goes first and comes last, so that the next start sees an interruption."""
        before = self.stamped()
        self.stamp.unlink(missing_ok=True)
        if not before:
            say("Setting up LM Explorer in .venv; this happens once and takes a minute or two.")
            self.step([sys.executable, "-m", "venv", "--clear", str(self.folder)], lock)
        # Ready-made packages only: building one would need a compiler and fail much later, with less to say.
        pip = [str(self.python), "-m", "pip", "install", "--no-input", "--only-binary=:all:"]
        self.step([*pip, "--constraint", str(self.constraints), *self.requirements(extra)], lock)
        self.write_stamp({**before, "": self.wanted(""), extra: self.wanted(extra)})
        self.log.unlink(missing_ok=True)

    def write_stamp(self, content: Mapping[str, str]) -> None:
        """Put the stamp into place as a whole."""
        aside = self.stamp.with_suffix(".new")
        aside.write_text(json.dumps({**content, "python": sys.implementation.cache_tag}), encoding="utf-8")
        aside.replace(self.stamp)

    def step(self, command: Sequence[str], lock: int) -> None:
        """Run a step, logging what it prints and naming large downloads; raises `SetupError` where it fails."""
        with self.log.open("w", encoding="utf-8") as log, begin(command, lock) as process:
            try:
                for line in process.stdout or ():
                    log.write(line)
                    if line.lstrip().startswith("Downloading") and line.endswith("MB)\n"):
                        say(f"  {line.strip()}")
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            raise SetupError(explain(self.log))

    def prepare(self) -> None:
        """Compile the kernels into the cache, so that the first training need not wait; going without is no failure."""
        say("Preparing the fast routines ...")
        done = subprocess.run([str(self.python), "-m", "lmcore.cli", "prepare"], cwd=self.root, check=False)
        if done.returncode != 0:
            say("They could not be compiled ahead; the first training will do it.")


def begin(command: Sequence[str], lock: int) -> subprocess.Popen[str]:
    """Start a step of set-up; it inherits the `lock`, so another start waits for it even when this one was killed."""
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1"},
        encoding="utf-8",
        errors="replace",
        pass_fds=() if NT else (lock,),
    )


def explain(log: Path) -> str:
    """What a failed step means, from what it printed to `log`."""
    text = log.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["nothing was printed"]
    errors = [line for line in lines if line.startswith("ERROR")]
    reason = f"Set-up failed: {(errors or lines)[-1]}"
    if any(sign in text for sign in NOT_OFFERED):
        reason = f"The package index does not offer what is needed on this machine: {errors[0]}"
    if any(sign in text for sign in NO_CONNECTION):
        reason = "The packages could not be fetched, there is no connection to the package index."
    if "No space left on device" in text:
        reason = "The disk is full; set-up needs about 1 GB, for models and for the tests 2 GB."
    return f"{reason}\nStart again when that is mended; what was printed is in {log}"


def lock_now(number: int) -> bool:
    """Whether the lock on the open file `number` was free and is ours now, until all processes with the file end."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[int]:
    """Hold the lock file `path`, waiting for another start that sets up at the same time; yields its number."""
    with path.open("a") as file:
        if not lock_now(file.fileno()):
            say("Another start is setting up; waiting for it.")
            while not lock_now(file.fileno()):
                time.sleep(0.2)
        yield file.fileno()


def stand_up(argv: Sequence[str], environment: Environment) -> None:
    """See to it that the command of `argv` can run (none is the window); raises `SetupError` where it cannot."""
    command = argv[0] if argv else ""
    hint = "" if command else display_hint(os.environ, sys.platform)
    if hint:
        raise SetupError(hint)
    libraries = libraries_for(command, os.environ, sys.platform)
    provide(lambda: missing(libraries))
    extra = extra_for(argv)
    if environment.ready(extra):
        return
    provide(missing_for_venv)
    try:
        with only_one(environment.root / ".venv.lock") as lock:
            environment.make(extra, lock)
    except OSError as error:
        raise SetupError(f"Set-up failed: {error}; is the folder writable, and the disk not full?") from error


def hand_over(python: Path, argv: Sequence[str]) -> int:
    """Run this file again with `python`: in this process's place, or as a child where Windows cannot."""
    line = [str(python), str(ROOT / "main.py"), *argv]
    if not NT:
        os.execv(line[0], line)
    return subprocess.call(line)


def run(argv: Sequence[str]) -> int:
    """Do what `argv` asks for, everything being installed; returns the exit status."""
    if not argv:
        from app.application import main as window

        return window([])
    if argv[0] == "test":
        import pytest

        os.chdir(ROOT)
        return int(pytest.main(list(argv[1:])))
    if argv[0] == "capture":
        from app.capture import main as capture

        return capture(list(argv[1:]))
    from lmcore.cli import run as work

    return work(list(argv))


def main(argv: Sequence[str]) -> int:
    """Set up where needed, then run; returns the exit status."""
    environment = Environment(ROOT)
    if environment.running():
        return run(argv)
    try:
        stand_up(argv, environment)
        return hand_over(environment.python, argv)
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("\nSet-up was interrupted; the next start takes it up again.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
