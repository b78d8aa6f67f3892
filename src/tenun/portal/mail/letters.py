"""A mail as a value, and as text and HTML that say the same. Every mail says why it came and how to stop it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from tenun.node.config import Mail


@dataclass(frozen=True)
class Line:
    text: str
    address: str = ""
    """A page of the portal, whole; empty where there is none."""


@dataclass(frozen=True)
class Section:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Letter:
    """In one language. Without a name of anyone: it may be read by whoever stands behind the reader."""

    subject: str
    opening: str
    sections: tuple[Section, ...]
    why: str
    stop: Line | None
    """Where the reader ends mails of this kind; None for one that only an own request brings."""
    language: str


@dataclass(frozen=True)
class Written:
    """A letter as it goes out."""

    subject: str
    text: str
    html: str

    def encode(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def decode(cls, content: bytes) -> Written:
        return cls(**json.loads(content))


def page(mail: Mail, route: str, **arguments: str) -> str:
    """The whole address of a page: that of the configuration, never what a request called this host."""
    return mail.portal + reverse(route, kwargs=arguments)


def stop_line(mail: Mail) -> Line:
    return Line(_("Change or stop these mails (asks you to sign in)"), page(mail, "mail_settings"))


def written(letter: Letter) -> Written:
    """As it goes out, whatever language is on."""
    with translation.override(letter.language):
        html = render_to_string("mail/letter.html", {"letter": letter})
        return Written(f"Tenun: {letter.subject}", _as_text(letter), html)


def _as_text(letter: Letter) -> str:
    blocks = [letter.opening]
    for section in letter.sections:
        blocks.append("\n".join([section.title.upper(), *(_line(line) for line in section.lines)]))
    foot = [_("Why you get this:") + " " + letter.why]
    if letter.stop is not None:
        foot.append(f"{letter.stop.text}: {letter.stop.address}")
    return "\n\n".join([*blocks, "\n".join(["-- ", *foot])]) + "\n"


def _line(line: Line) -> str:
    return f"- {line.text}\n  {line.address}" if line.address else f"- {line.text}"
