#!/usr/bin/env python3
"""Webhooks against the Standard Webhooks library of another language, both ways: what the payment company signs, the
library takes; what the library signs, a node takes, and nothing else. Usage: check.py USHER, the program.
Needs: standardwebhooks. Run by `cargo xtask test webhooks`."""

import base64
import http.server
import json
import os
import queue
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

USHER = sys.argv[1]
READY_S = 120


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def call(method, url, body=None, headers=None):
    """Status and body of an answer."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def expect(wanted, got, what):
    if wanted != got:
        sys.exit(f"{what}: expected {wanted!r}, got {got!r}")


class Receiver(http.server.BaseHTTPRequestHandler):
    calls = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.calls.put(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


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


def refused(hook, body, headers):
    try:
        hook.verify(body, headers)
    except WebhookVerificationError:
        return True
    return False


def ours_are_taken_by_the_library(folder):
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    secret, key, port = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(), "sk_test_" + secrets.token_hex(16), free_port()
    company = started(
        ["mock-psp", "--listen", f"127.0.0.1:{port}", "--data", folder, "--webhook-url", f"http://127.0.0.1:{receiver.server_port}/hook"],
        {"USHER_PSP_KEY": key, "USHER_PSP_WEBHOOK_SECRET": secret},
    )
    try:
        url, until = f"http://127.0.0.1:{port}", time.monotonic() + READY_S
        while True:
            try:
                call("GET", url + "/healthz")
                break
            except OSError:
                if time.monotonic() > until or company.poll() is not None:
                    sys.exit("the payment company does not answer")
                time.sleep(0.05)
        auth = {"authorization": f"Bearer {key}"}
        new = {"amount": 4_750, "currency": "eur", "capture_method": "manual", "confirm": True,
               "description": "Zwei Plätze · Θέατρο · Театр", "payment_method": {"card": {"number": "4242424242424242"}}}
        status, intent = call("POST", url + "/v1/payment_intents", new, auth)
        expect(200, status // 100 * 100, f"an intent: {intent}")
        status, intent = call("POST", f"{url}/v1/payment_intents/{intent['id']}/capture", {}, auth)
        expect((200, "succeeded"), (status, intent.get("status")), "its capture")
        hook, other = Webhook(secret), Webhook("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        seen, ids = set(), set()
        while "payment_intent.succeeded" not in seen:
            headers, body = Receiver.calls.get(timeout=READY_S)
            event = hook.verify(body, headers)
            seen.add(event["type"])
            ids.add(headers["webhook-id"])
            expect(True, refused(other, body, headers), "another secret")
            expect(True, refused(hook, body.replace(b"4750", b"4751"), headers), "another amount")
            expect(True, refused(hook, body, {**headers, "webhook-id": headers["webhook-id"] + "x"}), "another id")
        print(f"the library took {len(ids)} of our webhooks: {', '.join(sorted(seen))}")
    finally:
        ended(company)
        receiver.shutdown()


def the_librarys_are_taken_by_a_node(folder):
    demo = started(["demo", "--nodes", "1", "--json", "--port", str(free_port()), "--data", folder])
    try:
        text = b""
        while True:
            line = demo.stdout.readline()
            if not line:
                sys.exit("the demo ended before it was ready")
            text += line
            try:
                told = json.loads(text)
                break
            except ValueError:
                pass
        with open(told["payments"]["webhook_secret_file"]) as file:
            hook = Webhook(file.read().strip())
        url = told["nodes"][0]["url"].rstrip("/") + "/api/v1/payments/webhook"
        now = datetime.now(timezone.utc)

        def send(body, at=now, signed_id="msg_1", shown_id="msg_1", signed=None, scheme=None):
            signature = hook.sign(signed_id, at, signed or body)
            headers = {"webhook-id": shown_id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": scheme or signature}
            return call("POST", url, body.encode(), headers)

        nothing = json.dumps({"type": "account.updated", "data": {"name": "Théâtre · Θέατρο"}}, ensure_ascii=False)
        expect((200, {"known": False}), send(nothing), "a webhook about nothing of ours")
        expect((200, {"known": False}), send(nothing), "the same once more")
        several = f"v1,{base64.b64encode(bytes(32)).decode()} v2,x {hook.sign('msg_1', now, nothing)}"
        expect((200, {"known": False}), send(nothing, scheme=several), "one good signature of several")
        for what, (status, problem) in {
            "a changed body": send(nothing, signed=nothing + " "),
            "another id": send(nothing, shown_id="msg_2"),
            "six minutes old": send(nothing, at=now - timedelta(minutes=6)),
            "six minutes early": send(nothing, at=now + timedelta(minutes=6)),
            "another scheme": send(nothing, scheme=hook.sign("msg_1", now, nothing).replace("v1,", "v2,")),
            "no signature": call("POST", url, nothing.encode()),
        }.items():
            expect((401, True), (status, problem["type"].endswith("/token-invalid")), f"{what}: {problem}")
        status, problem = send('{"type": "payment_intent.succeeded", "data": 7}')
        expect(400, status, f"a good signature over what cannot be read: {problem}")
        print("a node took what the library signed, and nothing else")
    finally:
        ended(demo)


with tempfile.TemporaryDirectory(prefix="usher-webhooks-") as folder:
    ours_are_taken_by_the_library(os.path.join(folder, "psp"))
    the_librarys_are_taken_by_a_node(os.path.join(folder, "demo"))
