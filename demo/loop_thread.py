"""A thread with an event loop of its own, so that the rest of the program never meets asyncio."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager

Service = Callable[[], AbstractAsyncContextManager[None]]


class LoopThread:
    """Runs an asynchronous service between :meth:`start` and :meth:`stop`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def start(self, service: Service) -> None:
        """Return once the service is up; whatever it raises while starting is raised here."""
        if self._thread is not None:
            raise RuntimeError(f"{self._name} runs already")
        ready: Future[None] = Future()
        # A daemon: a test that forgets to stop it must not keep the interpreter alive.
        self._thread = threading.Thread(target=self._run, args=(service, ready), name=self._name, daemon=True)
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            self._thread.join()
            self._thread = None
            raise

    def stop(self) -> None:
        """End the service and wait for the thread; does nothing when it isn't running."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._stopping is not None:
            self.call_soon(self._stopping.set)
        thread.join()

    def call_soon(self, function: Callable[..., object], *args: object) -> None:
        """Have the loop call ``function``; nothing happens once the loop has ended."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # closed
                self._loop.call_soon_threadsafe(function, *args)

    def _run(self, service: Service, ready: "Future[None]") -> None:
        asyncio.run(self._main(service, ready))

    async def _main(self, service: Service, ready: "Future[None]") -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with service():
                ready.set_result(None)
                await self._stopping.wait()
        except BaseException as error:
            if ready.done():
                raise
            ready.set_exception(error)
