"""A tiny HTTP proxy that remembers what went through it."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import urllib3


class Proxy:
    """Forwards POST requests; a context manager."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.credentials: set[str] = set()
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                proxy.paths.append(self.path)
                scheme, _, secret = self.headers.get("Proxy-Authorization", "").partition(" ")
                if scheme == "Basic":
                    proxy.credentials.add(base64.b64decode(secret).decode())
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    answer = proxy._http.request(
                        "POST", self.path, body=body, headers={"Content-Type": self.headers["Content-Type"]}
                    )
                except urllib3.exceptions.HTTPError:
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer.data)))
                self.end_headers()
                self.wfile.write(answer.data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = urllib3.PoolManager(retries=False, maxsize=20)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._http.clear()
