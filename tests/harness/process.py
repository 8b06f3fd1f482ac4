"""One sluice process: started on a config, asked, signalled, stopped, and held to leave nothing."""
import functools
import mmap
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

import yaml

from . import wait
from .admin import Admin

ROOT = pathlib.Path(__file__).resolve().parents[2]
_SANITIZER = re.compile(r"(ERROR|WARNING): (Address|Thread|Leak|Memory)Sanitizer|: runtime error: ")


def binary() -> str:
    """The binary under test: SLUICE_BIN, else the release build."""
    path = os.environ.get("SLUICE_BIN") or str(ROOT / "build/release/sluice")
    if not os.access(path, os.X_OK):
        raise AssertionError(f"{path} is not built: run scripts/test, or set SLUICE_BIN")
    return path


@functools.cache
def is_sanitized() -> bool:
    """Memory and time mean little in a sanitized build, wherever it lies: its runtime is in the binary."""
    with open(binary(), "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
        return any(image.find(name) >= 0 for name in (b"__asan_init", b"__tsan_init"))


def with_admin(config: str | dict) -> str:
    """The config as text; with an admin interface on a free port when it names none."""
    admin = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}}
    if isinstance(config, dict):
        return yaml.safe_dump({"admin": admin, **config}, sort_keys=False)
    if re.search(r"^admin:", config, re.M) or config.lstrip().startswith("{"):
        return config
    return config.rstrip("\n") + "\n" + yaml.safe_dump({"admin": admin})


class Sluice:
    """`with Sluice(config) as sluice:` has it running and ready inside, and at the end stops it by
    SIGTERM and requires exit status 0."""

    def __init__(self, config: str | dict, args=(), concurrency: int = 1, env=None, admin=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test."))
        self.config_path = self.folder / "sluice.yaml"
        self.log_path = self.folder / "log"
        self.admin_path = self.folder / "admin"
        text = with_admin(config) if admin else config
        self.config_path.write_text(text if isinstance(text, str) else yaml.safe_dump(text))
        self.command = [
            binary(),
            "-c",
            str(self.config_path),
            "--concurrency",
            str(concurrency),
            "--admin-address-path",
            str(self.admin_path),
            *args,
        ]
        self.env = {**os.environ, **(env or {})}
        self.process: subprocess.Popen | None = None
        self.admin: Admin | None = None
        self.pipes_at_start = 0
        self._log_handle = None

    # Life

    def spawn(self) -> "Sluice":
        """Starts it without waiting for anything."""
        self.admin_path.unlink(missing_ok=True)
        self._log_handle = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=self._log_handle,
            stderr=self._log_handle,
            env=self.env,
            cwd=self.folder,
        )
        return self

    def start(self, seconds: float = 10) -> "Sluice":
        self.spawn()
        wait.until(self.admin_bound, lambda: f"the admin address is written\n{self.log()}", seconds)
        wait.until(self._ready, lambda: f"/ready answers 200\n{self.log()}", seconds)
        self.pipes_at_start = self.pipes()
        return self

    def _alive(self) -> None:
        code = self.process.poll()
        if code is not None:
            raise AssertionError(f"sluice exited with {code}\n{self.log()}")

    def admin_bound(self) -> bool:
        self._alive()
        try:
            text = self.admin_path.read_text().strip()
        except FileNotFoundError:
            return False
        host, _, port = text.rpartition(":")
        if not port.isdigit():
            return False
        self.admin = Admin(host.strip("[]"), int(port))
        return True

    def _ready(self) -> bool:
        self._alive()
        return self.admin.is_ready()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def wait_exit(self, seconds: float = 30) -> int:
        try:
            return self.process.wait(seconds * wait.SCALE)
        except subprocess.TimeoutExpired:
            raise wait.TimedOut(f"sluice did not exit within {seconds:g} s\n{self.log()}") from None

    def stop(self, seconds: float = 30, expect: int = 0) -> None:
        """SIGTERM, then the exit status; nothing for a sanitizer to say."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        code = self.wait_exit(seconds)
        if code != expect:
            raise AssertionError(f"sluice exited with {code}, expected {expect}\n{self.log()}")
        self.check_log()

    def check_log(self) -> None:
        if _SANITIZER.search(self.log()):
            raise AssertionError(f"a sanitizer found something:\n{self.log()}")

    def remove(self) -> None:
        """Ends it whatever it does, and its folder."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._log_handle is not None:
            self._log_handle.close()
        if not os.environ.get("SLUICE_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Sluice":
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, kind, *_) -> None:
        try:
            if kind is None:
                self.stop()
            else:
                print(f"--- log of sluice ({self.folder}) ---\n{self.log()}")
        finally:
            self.remove()

    # What can be seen from outside

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        try:
            return self.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def wait_log(self, regex: str, seconds: float = 5) -> None:
        wait.until(
            lambda: re.search(regex, self.log()), lambda: f"log has {regex!r}\n{self.log()}", seconds
        )

    def fds(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def sockets(self) -> int:
        return sum(link.startswith("socket:") for link in self._fd_links())

    def pipes(self) -> int:
        return sum(link.startswith("pipe:") for link in self._fd_links())

    def _fd_links(self):
        folder = f"/proc/{self.pid}/fd"
        for name in os.listdir(folder):
            try:
                yield os.readlink(f"{folder}/{name}")
            except FileNotFoundError:
                pass  # closed meanwhile

    def rss_kb(self) -> int:
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+) kB", text).group(1))

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def expect_fds(self, expected: int, slack: int = 0, seconds: float = 10) -> None:
        """The number of open files comes back to `expected`."""
        wait.until(
            lambda: self.fds() <= expected + slack,
            lambda: f"{self.fds()} open files, expected {expected}: {sorted(self._fd_links())}"[:3000],
            seconds,
        )

    def expect_rss(self, kb: int, seconds: float = 10) -> None:
        """Memory comes back to at most `kb`. Says nothing about a sanitized build."""
        if not is_sanitized():
            wait.until(lambda: self.rss_kb() <= kb, lambda: f"RSS {self.rss_kb()} kB > {kb}", seconds)


def run(args: list[str], seconds: float = 20, **kwargs) -> subprocess.CompletedProcess:
    """Runs sluice to its end with these arguments."""
    return subprocess.run(
        [binary(), *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds * wait.SCALE,
        check=False,
        **kwargs,
    )
