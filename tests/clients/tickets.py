#!/usr/bin/env python3
"""Tickets as others read them: QR codes by a decoder from the rendered SVG and PDF, the signature by the public key alone,
the text of the PDF, the calendar. Usage: tickets.py USHER, the program.
Needs: cryptography, icalendar, pillow, pypdf, pypdfium2, resvg-py, zxing-cpp. Run by `cargo xtask test clients`."""

import base64
import io
import os
import sys
import tempfile
from datetime import datetime, timezone

import pypdfium2
import resvg_py
import zxingcpp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from demo import Demo, call, expect, raw
from icalendar import Calendar
from PIL import Image
from pypdf import PdfReader

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
NAME = "Zoë Ζωή Жанна Özgür"


def from_base45(text):
    out = bytearray()
    for at in range(0, len(text), 3):
        value = sum(LETTERS.index(letter) * 45**n for n, letter in enumerate(text[at : at + 3]))
        out += value.to_bytes(2 if len(text) - at > 2 else 1, "big")
    return bytes(out)


def decoded(image, what):
    found = [barcode.text for barcode in zxingcpp.read_barcodes(image.convert("L"))]
    expect(1, len(found), f"QR codes of {what}")
    return found[0]


def signed_by(code, keys):
    """The number of the key that a code is signed with, checked as a door does that knows the public keys only."""
    payload = from_base45(code.removeprefix("USHER1:"))
    expect(101, len(payload), "bytes of a code")
    number = int.from_bytes(payload[1:3], "big")
    key = next(key for key in keys if key["kid"] == str(number))
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "=="))
    public.verify(payload[-64:], b"USHER1:" + payload[:-64])
    try:
        public.verify(payload[-64:], b"USHER1:" + bytes([payload[0] ^ 1]) + payload[1:-64])
    except InvalidSignature:
        return number
    sys.exit("a changed code has a good signature")


def check(demo):
    showtimes = [
        (event, showtime)
        for event in demo.staff("GET", "/api/v1/search?limit=100")["items"]
        for showtime in event["showtimes"]
        if showtime["state"] == "on_sale"
    ]
    for found, showtime in showtimes:
        status, hold = call("POST", f"{demo.url}/api/v1/showtimes/{showtime['id']}/holds", {"best_available": {"quantity": 2}})
        if status == 201:
            break
    else:
        sys.exit("the demo sells nothing")
    event = demo.staff("GET", f"/api/v1/events/{found['id']}")
    details = demo.staff("GET", f"/api/v1/showtimes/{showtime['id']}")
    order = demo.staff("POST", "/api/v1/orders", {
        "holds": [hold["id"]], "buyer": {"name": NAME, "email": "zoe@example.org", "language": "de"},
        "payment": {"method": "box_office", "kind": "cash"}})
    token = {"authorization": f"Bearer {hold['token']}"}
    tickets = order["tickets"]
    expect(2, len(tickets), "tickets")
    keys = f"/api/v1/organizations/{order['organization']}/ticket-keys"

    codes = []
    for ticket in tickets:
        path = f"{demo.url}/api/v1/tickets/{ticket['id']}"
        code = call("GET", path, headers=token)[1]["code"]
        status, headers, svg = raw("GET", path, headers={**token, "accept": "image/svg+xml"})
        expect((200, "image/svg+xml"), (status, headers["content-type"]), "the QR code")
        png = resvg_py.svg_to_bytes(svg_string=svg.decode(), width=300)
        expect(code, decoded(Image.open(io.BytesIO(bytes(png))), "the SVG"), "what the SVG says")
        expect(0, signed_by(code, call("GET", demo.url + keys)[1]["keys"]), "the key of the code")
        codes.append(code)

    status, headers, pdf = raw("GET", f"{demo.url}/api/v1/orders/{order['id']}/tickets", headers={**token, "accept": "application/pdf"})
    expect((200, "application/pdf"), (status, headers["content-type"]), "the PDF")
    if len(sys.argv) > 2:
        open(sys.argv[2], "wb").write(pdf)
    pages = pypdfium2.PdfDocument(pdf)
    expect(2, len(pages), "pages")
    for page, code in zip(pages, codes):
        expect(code, decoded(page.render(scale=2).to_pil(), "a page at 144 dpi"), "what the page says")
    reader = PdfReader(io.BytesIO(pdf))
    fonts = {str(font.get_object()["/BaseFont"]) for page in reader.pages for font in page["/Resources"]["/Font"].values()}
    if not fonts or not all("+NotoSans" in font for font in fonts):
        sys.exit(f"fonts that are not embedded: {fonts}")
    for page, ticket in zip(reader.pages, tickets):
        text = " ".join(page.extract_text().split())
        for wanted in [event["title"], ticket["label"], NAME, "Eintrittskarte", order["id"], ticket["id"]]:
            if " ".join(wanted.split()) not in text:
                sys.exit(f"{wanted!r} is not in the text of the PDF: {text}")

    status, headers, text = raw("GET", f"{demo.url}/api/v1/orders/{order['id']}/calendar.ics", headers=token)
    expect(200, status, "the calendar")
    entries = list(Calendar.from_ical(text).walk("VEVENT"))
    expect(1, len(entries), "entries of the calendar")
    begins = datetime.fromisoformat(details["starts_at"]).astimezone(timezone.utc)
    expect((event["title"], begins.replace(microsecond=0)), (str(entries[0]["summary"]), entries[0]["dtstart"].dt), "the entry")
    expect(sorted(ticket["label"] for ticket in tickets), sorted(str(entries[0]["description"]).split("\n")), "its places")

    scans = f"/api/v1/showtimes/{showtime['id']}/scans"
    expect("admitted", demo.staff("POST", scans, {"code": codes[0]})["verdict"], "the code as it was decoded")
    newest = demo.staff("POST", keys, {})["keys"]
    expect(["1", "0"], [key["kid"] for key in newest], "keys after a change")
    code = call("GET", f"{demo.url}/api/v1/tickets/{tickets[1]['id']}", headers=token)[1]["code"]
    expect(1, signed_by(code, newest), "the key of a code after the change")
    expect(0, signed_by(codes[1], newest), "the key of a code before the change")
    expect("admitted", demo.staff("POST", scans, {"code": codes[1]})["verdict"], "a code of the key before")
    print("codes were read from SVG and PDF and checked by the public keys; text, fonts and calendar are as they should be")


with tempfile.TemporaryDirectory(prefix="usher-tickets-") as folder, Demo(os.path.join(folder, "demo")) as running:
    check(running)
