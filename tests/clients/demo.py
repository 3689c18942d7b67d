"""What the clients have in common: programs started and ended, and requests. Not run by itself."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

USHER = sys.argv[1]
READY_S = 120


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def raw(method, url, body=None, headers=None):
    """Status, headers and bytes of an answer."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def call(method, url, body=None, headers=None):
    """Status and JSON of an answer."""
    status, _, body = raw(method, url, body, headers)
    return status, json.loads(body or b"null")


def expect(wanted, got, what):
    if wanted != got:
        sys.exit(f"{what}: expected {wanted!r}, got {got!r}")


def started(args, env=None):
    # A group of its own: Ctrl-C here must not end it before we do.
    return subprocess.Popen([USHER, *args], env={**os.environ, **(env or {})}, stdout=subprocess.PIPE, start_new_session=True)


def ended(child):
    child.send_signal(signal.SIGINT)
    try:
        child.wait(30)
    except subprocess.TimeoutExpired:
        child.kill()
        sys.exit("it did not end when asked to")


class Demo:
    """A demo of one node with what it told of itself."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        self.child = started(["demo", "--nodes", "1", "--json", "--port", str(free_port()), "--data", self.folder])
        text = b""
        for line in self.child.stdout:
            text += line
            try:
                self.told = json.loads(text)
                break
            except ValueError:
                pass
        else:
            sys.exit("the demo ended before it was ready")
        self.url = self.told["nodes"][0]["url"].rstrip("/")
        return self

    def __exit__(self, *_):
        ended(self.child)

    def staff(self, method, path, body=None):
        """Asks as staff; the JSON of an answer that is none of refusal."""
        status, answer = call(method, self.url + path, body, {"authorization": f"Bearer {self.told['key']}"})
        if status >= 300:
            sys.exit(f"{method} {path}: {status} {answer}")
        return answer
