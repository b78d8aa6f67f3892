"""Handing a mail over to the server of node.json (RFC 5321). TLS before anything is said, or nothing is said."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from tenun.kernel.clock import JAKARTA, SystemClock
from tenun.node.config import Mail, Tls
from tenun.portal.mail import problems
from tenun.portal.mail.letters import Written

SECONDS_MAX = 20.0
"""For each answer of the server."""
_CLOSING = 421
"""The server ends the connection (RFC 5321 3.8)."""


def composed(mail: Mail, letter: Written, *, number: str, to: str, stop: str) -> EmailMessage:
    """The message. Its number (Message-ID) is that of the row it comes from: sent twice, it is the same mail."""
    made = EmailMessage(policy=SMTP)
    made["From"] = f"Tenun <{mail.sender}>"
    made["To"] = to
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(SystemClock().now().astimezone(JAKARTA))
    made["Message-ID"] = f"<{number}@{mail.sender.partition('@')[2]}>"
    # A program speaks: nobody's out-of-office note is to answer it (RFC 3834).
    made["Auto-Submitted"] = "auto-generated"
    if stop:
        made["List-Unsubscribe"] = f"<{stop}>"
    made.set_content(letter.text, cte="quoted-printable")
    made.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return made


@contextmanager
def connected(mail: Mail) -> Iterator[smtplib.SMTP]:
    """A connection on which mails may be sent. Raises what is `SendingFailed`."""
    password, context = _password(mail), _context(mail)
    try:
        server = _opened(mail, context)
    except ssl.SSLError as problem:
        raise _of_tls(problem) from problem
    except (OSError, smtplib.SMTPException) as problem:
        raise problems.ServerUnreachable from problem
    try:
        _closed_to_readers(server, mail, context)
        _signed_in(server, mail, password)
        yield server
    finally:
        # What was taken is noted by now; whether the server says goodbye changes nothing.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def hand_over(server: smtplib.SMTP, message: EmailMessage, *, mail: Mail, to: str) -> None:
    """When this returns, the server has taken it. Raises `Refused`, `BrokenOff`."""
    try:
        server.send_message(message, mail.sender, [to])
    except smtplib.SMTPRecipientsRefused as problem:
        reply = max(code for code, _text in problem.recipients.values())
        raise _of_reply(reply) from problem
    except smtplib.SMTPResponseException as problem:
        raise _of_reply(problem.smtp_code) from problem
    except (smtplib.SMTPServerDisconnected, OSError) as problem:
        raise problems.BrokenOff from problem
    except (smtplib.SMTPException, ValueError) as problem:
        # An address that this server cannot write to, such as one beyond ASCII.
        raise problems.Refused(reply="-") from problem


def _of_reply(reply: int) -> problems.SendingFailed:
    return problems.BrokenOff() if reply in (_CLOSING, -1) else problems.Refused(reply=reply)


def _password(mail: Mail) -> str:
    if mail.password_file is None:
        return ""
    try:
        return Path(mail.password_file).read_text("utf-8").strip()
    except (OSError, ValueError) as problem:
        raise problems.PasswordUnreadable from problem


def _context(mail: Mail) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=mail.ca_file)
    except OSError as problem:  # also what no certificate can be read from
        raise problems.CertificateUntrusted from problem


def _of_tls(problem: ssl.SSLError) -> problems.SendingFailed:
    is_untrusted = isinstance(problem, ssl.SSLCertVerificationError)
    return problems.CertificateUntrusted() if is_untrusted else problems.TlsMissing()


def _opened(mail: Mail, context: ssl.SSLContext) -> smtplib.SMTP:
    # The portal's name and not this machine's, which is nobody's business and may take a name server to find.
    own = urlsplit(mail.portal).hostname or "localhost"
    if mail.tls is Tls.IMPLICIT:
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, own, timeout=SECONDS_MAX, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, own, timeout=SECONDS_MAX)
    server.ehlo_or_helo_if_needed()
    return server


def _closed_to_readers(server: smtplib.SMTP, mail: Mail, context: ssl.SSLContext) -> None:
    if mail.tls is not Tls.STARTTLS:
        return
    try:
        server.starttls(context=context)
    except ssl.SSLError as problem:
        raise _of_tls(problem) from problem
    except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException) as problem:
        raise problems.TlsMissing from problem
    except (smtplib.SMTPException, OSError) as problem:
        raise problems.BrokenOff from problem


def _signed_in(server: smtplib.SMTP, mail: Mail, password: str) -> None:
    if mail.username is None:
        return
    try:
        server.login(mail.username, password)
    except smtplib.SMTPServerDisconnected as problem:
        raise problems.BrokenOff from problem
    except smtplib.SMTPException as problem:
        raise problems.SignInRefused from problem
    except OSError as problem:
        raise problems.BrokenOff from problem
