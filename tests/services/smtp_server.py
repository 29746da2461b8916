"""An SMTP server that says exactly what it is told to, for refusals a proper server has no switch for."""

from __future__ import annotations

import socket
import threading
from collections import deque
from collections.abc import Iterable
from typing import Self

DROP = ""
_USUAL = {"EHLO": "250-here\r\n250 AUTH PLAIN", "DATA": "354 go on", ".": "250 taken", "AUTH": "235 welcome"}


class ScriptedServer:
    """Answers each command by the next line of its script, else as usual; ``DROP`` hangs up instead.

    The keys of the script are verbs, ``CONNECT`` for the greeting and ``.`` for the end of the text.
    """

    def __init__(self, **script: Iterable[str]) -> None:
        names = {"connect": "CONNECT", "end": "."}
        self._script = {names.get(key, key.upper()): deque(replies) for key, replies in script.items()}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.commands: list[str] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                client, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with client:
                self._talk(client)

    def _talk(self, client: socket.socket) -> None:
        incoming = client.makefile("rb")
        if not self._answer(client, "CONNECT", "220 here"):
            return
        for line in incoming:
            command = line.decode("utf-8", "replace").strip()
            self.commands.append(command)
            verb = command.split(" ")[0].split(":")[0].upper()
            if not self._answer(client, verb, _USUAL.get(verb, "250 fine")) or verb == "QUIT":
                return
            if verb == "DATA" and self._last.startswith("354"):
                for text in incoming:
                    if text == b".\r\n":
                        break
                if not self._answer(client, ".", _USUAL["."]):
                    return

    def _answer(self, client: socket.socket, verb: str, usual: str) -> bool:
        replies = self._script.get(verb)
        self._last = replies.popleft() if replies else usual
        if self._last == DROP:
            return False
        client.sendall(self._last.encode() + b"\r\n")
        return True
