"""The bot as a child process of the demo: started again whenever it dies, and killed on demand."""

import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_STOP_SECONDS = 10
_QUICK_DEATHS = 5
_QUICK_SECONDS = 60
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Bot:
    """The bot as a child process, started again whenever it dies."""

    def __init__(self, log_path: Path, command: Sequence[str] = (sys.executable, "bot.py", "run")) -> None:
        self.log_path = log_path
        self.kills = 0
        self._command = command
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed: subprocess.Popen[bytes] | None = None
        self._deaths: deque[float] = deque(maxlen=_QUICK_DEATHS)

    @property
    def pid(self) -> int | None:
        """The process that runs now, None between two lives."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def kill(self) -> bool:
        """Kill −9, so that nothing can be tidied up; false when there is nothing to kill."""
        process = self._process
        if process is None or process.poll() is not None:
            return False
        self._killed = process
        self.kills += 1
        process.kill()
        return True

    def stop_on_signals(self) -> None:
        """Have Ctrl-C, SIGTERM and a closed terminal end :meth:`keep_alive`."""
        for number in _ENDING:
            signal.signal(number, lambda *_: self._end())

    def _end(self) -> None:
        for number in _ENDING:  # an impatient second Ctrl-C changes nothing
            signal.signal(number, signal.SIG_IGN)
        self.stop()

    def stop(self) -> None:
        """Ask the bot to end, for good; it is killed when it hasn't after ten seconds."""
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            killer = threading.Timer(_STOP_SECONDS, self._process.kill)
            killer.daemon = True
            killer.start()

    def keep_alive(self, env: dict[str, str]) -> int:
        """Watch over the bot until told to stop; 0, or 1 when it dies again and again."""
        while not self._stopping.is_set():
            with self.log_path.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command,
                    cwd=ROOT,
                    env=env,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C in the terminal is ours alone: the bot hears it once
                )
            if self._stopping.is_set():  # told while it was being started
                self.stop()
            code = self._process.wait()
            if self._stopping.is_set():
                break
            if self._killed is self._process:
                print("The bot was killed, as asked; starting it again.", file=sys.stderr, flush=True)
                continue
            if self._is_hopeless():
                print(f"The bot does not stay up. Its last words:\n{self._last_words()}", file=sys.stderr)
                return 1
            print(f"The bot ended with code {code}; starting it again.", file=sys.stderr, flush=True)
            self._stopping.wait(len(self._deaths) - 1)
        return 0

    def _is_hopeless(self) -> bool:
        """Note a death; true when the last few came quickly one after another."""
        self._deaths.append(time.monotonic())
        return len(self._deaths) == _QUICK_DEATHS and self._deaths[-1] - self._deaths[0] < _QUICK_SECONDS

    def _last_words(self) -> str:
        return "\n".join(self.log_path.read_text("utf-8", "replace").splitlines()[-15:])
