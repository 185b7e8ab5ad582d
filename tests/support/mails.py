# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server (aiosmtpd) that keeps what it takes, and can refuse, stall or go away as mail servers do."""
import email
import email.policy
import re
import ssl
import sys
import threading
import time

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian puts it, whichever python3 runs
from aiosmtpd.controller import Controller  # noqa: E402
from server import free_port  # noqa: E402


class Mail:
    def __init__(self, to, content):
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.to = to
        self.at = time.monotonic()
        self.message = message
        self.id = message["Message-ID"]
        self.subject = message["Subject"]
        self.body = message.get_content() if not message.is_multipart() else message.get_body(("plain",)).get_content()

    @property
    def token(self):
        """Of its one-time link; "" = none."""
        found = re.search(r"/a/([A-Za-z0-9_-]+)", self.body)
        return found.group(1) if found else ""


class Mailbox:
    """answer(to) may give an SMTP reply instead of "250 OK". With certificate (PEM file with key) it offers STARTTLS."""

    def __init__(self, answer=None, certificate=None, port=0):
        self.answer = answer or (lambda to: "250 OK")
        self.certificate = certificate
        self.port = port
        self.mails = []
        self.lock = threading.Lock()

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = self.answer(address)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server, session, envelope):
        with self.lock:
            self.mails += [Mail(to, envelope.content) for to in envelope.rcpt_tos]
        return "250 OK"

    def start(self):
        tls = None
        if self.certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(self.certificate)
        self.port = self.port or free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, tls_context=tls)
        self.controller.start()
        return self

    def stop(self):
        self.controller.stop()

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address):
        with self.lock:
            return [mail for mail in self.mails if mail.to == address]
