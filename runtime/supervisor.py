"""Starts the threads in order, stops them in order, and waits for what ends the process."""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable

from runtime.delivery import Delivery
from runtime.polling import Poller
from runtime.processor import Processor
from runtime.ticker import Ticker
from runtime.worker import Worker

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
FLUSH_SECONDS = 5.0
SWITCH_SECONDS = 0.0005
LAST_WRITE_SECONDS = 1.5


class Supervisor:
    """Owns the threads of one running bot."""

    def __init__(
        self,
        poller: Poller,
        processor: Processor,
        delivery: Delivery,
        ticker: Ticker,
        workers: dict[str, Worker],
    ) -> None:
        self._poller = poller
        self._processor = processor
        self._delivery = delivery
        self._ticker = ticker
        self._workers = workers
        self._ended = threading.Event()
        self._was_asked = False
        self._processing = threading.Thread(
            target=self._until_end(processor.run), name="processor", daemon=True
        )
        self._polling = threading.Thread(target=self._until_end(poller.run), name="poller", daemon=True)
        self._ticking = threading.Thread(target=self._until_end(ticker.run), name="ticker", daemon=True)

    def start(self) -> None:
        """Start everything; returns at once."""
        self._processing.start()
        self._polling.start()
        self._ticking.start()

    def run(self) -> int:
        """Work until SIGTERM or SIGINT; return the exit code."""
        # Threads hand work over several times per update; with Python's 5 ms that would be most of the time.
        sys.setswitchinterval(SWITCH_SECONDS)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_end)
        # What was loaded stays: to look it over for garbage again and again stopped everything for 80 ms.
        gc.collect()
        gc.freeze()
        self.start()
        log.info("the bot runs")
        # Looked after again and again: a signal that another thread was given does not wake this one.
        while not self._was_asked and not self._ended.wait(LOOK_SECONDS):
            pass
        # Further ones change nothing: it ends within seconds anyway, and with code 0.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        self.stop()
        return 0 if self._was_asked else 1

    def stop(self) -> None:
        """Stop fetching, finish the updates in hand, send what can be sent in five seconds.

        What is left stays in the tables for the next start.
        """
        log.info("stopping")
        self._poller.stop()
        self._ticker.stop()
        deadline = time.monotonic() + FLUSH_SECONDS
        for worker in self._workers.values():
            worker.stop(0)
        self._delivery.stop(FLUSH_SECONDS)
        for worker in self._workers.values():
            worker.stop(max(0.0, deadline - time.monotonic()))
        self._processor.stop()
        self._processing.join(LAST_WRITE_SECONDS)
        log.info("stopped")

    def _ask_to_end(self, _number: int, _frame: object) -> None:
        # No lock here: the next signal may come while this one is handled, and would wait for ever.
        self._was_asked = True

    def _until_end(self, target: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                target()
            finally:
                self._ended.set()

        return run
