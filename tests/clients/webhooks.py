#!/usr/bin/env python3
"""Webhooks against the Standard Webhooks library of another language, both ways: what the payment company signs, the
library takes; what the library signs, a node takes, and nothing else. Usage: webhooks.py USHER, the program.
Needs: standardwebhooks. Run by `cargo xtask test clients`."""

import base64
import http.server
import json
import os
import queue
import secrets
import sys
import tempfile
import threading
import time
from datetime import datetime, timedelta, timezone

from demo import READY_S, Demo, call, ended, expect, free_port, started
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class Receiver(http.server.BaseHTTPRequestHandler):
    calls = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.calls.put(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


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
    with Demo(folder) as demo:
        with open(demo.told["payments"]["webhook_secret_file"]) as file:
            hook = Webhook(file.read().strip())
        url = demo.url + "/api/v1/payments/webhook"
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


with tempfile.TemporaryDirectory(prefix="usher-webhooks-") as folder:
    ours_are_taken_by_the_library(os.path.join(folder, "psp"))
    the_librarys_are_taken_by_a_node(os.path.join(folder, "demo"))
