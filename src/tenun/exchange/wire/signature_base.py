"""Signature-Input read strictly, and the signature base built from a message (RFC 9421, sections 2 and 2.5).

General: every derived component and every parameter but `tr` (trailers). What our nodes allow of it is `signatures`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tenun.exchange.wire import structured_fields
from tenun.exchange.wire.messages import Request, Response
from tenun.exchange.wire.refusals import ComponentAbsent, HeaderMalformed, SignatureMalformed
from tenun.exchange.wire.structured_fields import Member

Message = Request | Response
Parameter = str | int | bool

INTEGERS = frozenset({"created", "expires"})
STRINGS = frozenset({"nonce", "alg", "keyid", "tag"})
_COMPONENT_PARAMETERS = frozenset({"sf", "key", "bs", "req", "name"})
_DEFAULT_PORTS = {"http": "80", "https": "443"}

# The spelling that our own nodes give a Signature-Input: read without the general parser, which costs ten times as
# much as all the rest of reading it. Whatever differs by a character goes through that parser.
# `tests/property/exchange/test_wire_spellings.py` holds both to the same answer.
_OWN_INPUT = re.compile(
    r'(sig1=\((?:"[a-z@-]{1,40}"(?:;req)?(?:;key="sig1")? ?){1,32}\))'
    r';created=([1-9][0-9]{0,9});expires=([1-9][0-9]{0,9})(?:;nonce="([A-Za-z0-9+/=_.~-]{16,128})")?'
    r';keyid="([A-Za-z0-9_-]{43})";alg="([a-z0-9-]{1,32})";tag="([a-z-]{1,16})"'
)
# 64 bytes in the one base64 spelling that they have: the last character carries two bits.
_OWN_SIGNATURE = re.compile(r"sig1=(:[A-Za-z0-9+/]{85}[AQgw]==:)")


@dataclass(frozen=True)
class Component:
    """One covered component, as `"@method"` or `"signature";req;key="sig1"`."""

    name: str
    parameters: tuple[tuple[str, Parameter], ...] = ()

    @cached_property
    def text(self) -> str:
        """Its identifier, serialised."""
        return _string(self.name) + _serialised(self.parameters)

    @cached_property
    def identity(self) -> tuple[str, frozenset[tuple[str, Parameter]]]:
        """Two that differ only in the order of parameters are the same (RFC 9421, section 2)."""
        return self.name, frozenset(self.parameters)


@dataclass(frozen=True)
class SignatureInput:
    """What one label of a `Signature-Input` says is covered, and its parameters."""

    components: tuple[Component, ...]
    parameters: tuple[tuple[str, Parameter], ...]

    @cached_property
    def text(self) -> str:
        """`("@method" …);created=…`, serialised: the value of `@signature-params`."""
        covered = " ".join(component.text for component in self.components)
        return f"({covered}){_serialised(self.parameters)}"


def read(field: str) -> dict[str, SignatureInput]:
    """Every label of a `Signature-Input` field. Raises `SignatureMalformed` for anything the RFC does not allow."""
    own = _OWN_INPUT.fullmatch(field)
    return {"sig1": _read_own(own)} if own is not None else read_any(field)


def read_any(field: str) -> dict[str, SignatureInput]:
    """The same for every spelling, by the general parser."""
    try:
        members = structured_fields.dictionary(field)
    except ValueError as problem:
        raise SignatureMalformed(member="signature-input") from problem
    return {label: _input(member) for label, member in members.items()}


def build(covered: SignatureInput, message: Message, *, to: Request | None = None) -> bytes:
    """The bytes to sign. `to` is the request that a response answers, for components with `req`.

    Raises `ComponentAbsent` where the message lacks a component, `HeaderMalformed` where one cannot stand in a base.
    """
    lines = [f"{component.text}: {value(component, message, to=to)}" for component in covered.components]
    lines.append(f'"@signature-params": {covered.text}')
    return "\n".join(lines).encode("ascii")


def value(component: Component, message: Message, *, to: Request | None = None) -> str:
    """A component's value in one line of visible ASCII. Raises as `build` does."""
    parameters = dict(component.parameters)
    if "req" in parameters:
        if to is None or isinstance(message, Request):
            raise ComponentAbsent(component=shown(component))
        del parameters["req"]
        message = to
    if component.name.startswith("@"):
        found = _derived(component, message, parameters)
    else:
        found = _field(component, message, parameters)
    if not found.isascii() or not (found.isprintable() or found.replace("\t", " ").isprintable()):
        raise HeaderMalformed(header=shown(component))
    return found


_NAMES_SHOWN = frozenset(
    "@method @target-uri @authority @scheme @request-target @path @query @query-param @status "
    "authorization dpop content-type content-digest repr-digest content-encoding content-length content-location "
    "content-range location etag range if-range prefer idempotency-key retry-after date host signature "
    "signature-input".split()
)


def shown(component: Component) -> str:
    """A component's name for a message to people; a header that someone invented is a question mark."""
    name = component.name if component.name in _NAMES_SHOWN else "?"
    return f'"{name}";req' if ("req", True) in component.parameters else f'"{name}"'


# --- reading -----------------------------------------------------------------------------------------------------


def _read_own(match: re.Match[str]) -> SignatureInput:
    covered, created, expires, nonce, keyid, algorithm, tag = match.groups()
    own: tuple[tuple[str, Parameter], ...] = (("nonce", nonce),) if nonce is not None else ()
    times = (("created", int(created)), ("expires", int(expires)))
    return SignatureInput(_components(covered), (*times, *own, ("keyid", keyid), ("alg", algorithm), ("tag", tag)))


@lru_cache(maxsize=256)
def _components(covered: str) -> tuple[Component, ...]:
    """Of `sig1=(…)`. Our nodes send a handful of them; what anyone else thinks of takes the place of the oldest."""
    return read_any(covered)["sig1"].components


def _input(member: Member) -> SignatureInput:
    items, parameters = member
    if not isinstance(items, list):
        raise SignatureMalformed(member="signature-input")
    components = tuple(_component(name, own) for name, own in items)
    if len({component.identity for component in components}) != len(components):
        raise SignatureMalformed(member="components")
    for name, given in parameters.items():
        wanted = int if name in INTEGERS else str
        if type(given) is not wanted:
            raise SignatureMalformed(member=name if name in INTEGERS | STRINGS else "parameters")
    return SignatureInput(components, tuple(parameters.items()))


def _component(name: object, parameters: Mapping[str, Any]) -> Component:
    if type(name) is not str or name != name.lower() or name == "@signature-params":
        raise SignatureMalformed(member="components")
    known: list[tuple[str, Parameter]] = []
    for parameter, given in parameters.items():
        is_flag = parameter in ("sf", "bs", "req")
        if parameter not in _COMPONENT_PARAMETERS or type(given) is not (bool if is_flag else str) or given is False:
            raise SignatureMalformed(member="components")
        known.append((parameter, given))
    return Component(name, tuple(known))


# --- writing -----------------------------------------------------------------------------------------------------


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"') if "\\" in text or '"' in text else text
    return f'"{escaped}"'


def _serialised(parameters: tuple[tuple[str, Parameter], ...]) -> str:
    out = ""
    for name, given in parameters:
        if given is True:
            out += f";{name}"
        elif isinstance(given, str):
            out += f";{name}={_string(given)}"
        else:
            out += f";{name}={given}"
    return out


# --- derived components (RFC 9421, section 2.2) ------------------------------------------------------------------


def _derived(component: Component, message: Message, parameters: Mapping[str, Parameter]) -> str:
    if isinstance(message, Response):
        if component.name != "@status" or parameters:
            raise ComponentAbsent(component=shown(component))
        return str(message.status)
    if component.name == "@query-param":
        return _query_parameter(component, message, parameters)
    resolve = _OF_REQUEST.get(component.name)
    if resolve is None or parameters:
        raise ComponentAbsent(component=shown(component))
    return resolve(message)


def _target_uri(request: Request) -> str:
    """As sent; an empty path is `/` (RFC 9110, section 4.2.3)."""
    scheme, separator, rest = request.url.partition("://")
    if not separator or "#" in rest:
        raise ComponentAbsent(component='"@target-uri"')
    if "/" in rest:
        return request.url
    authority, question, query = rest.partition("?")
    return f"{scheme}://{authority}/{question}{query}"


def _authority(request: Request) -> str:
    parts = urlsplit(request.url)
    netloc = parts.netloc.rpartition("@")[2].lower()
    host, colon, port = netloc.rpartition(":")
    is_default = bool(colon) and port == _DEFAULT_PORTS.get(parts.scheme)
    return host if is_default else netloc


def _path(request: Request) -> str:
    return urlsplit(request.url).path or "/"


def _query(request: Request) -> str:
    return f"?{urlsplit(request.url).query}"


def _request_target(request: Request) -> str:
    query = urlsplit(request.url).query
    return f"{_path(request)}?{query}" if query else _path(request)


_OF_REQUEST: Mapping[str, Callable[[Request], str]] = {
    "@method": lambda request: request.method,
    "@target-uri": _target_uri,
    "@authority": _authority,
    "@scheme": lambda request: urlsplit(request.url).scheme,
    "@request-target": _request_target,
    "@path": _path,
    "@query": _query,
}


def _query_parameter(component: Component, request: Request, parameters: Mapping[str, Parameter]) -> str:
    """Decoded and encoded again, and there exactly once (RFC 9421, section 2.2.8)."""
    if set(parameters) != {"name"}:
        raise ComponentAbsent(component=shown(component))
    wanted = unquote(str(parameters["name"]))
    found = [value for name, value in parse_qsl(urlsplit(request.url).query, keep_blank_values=True) if name == wanted]
    if len(found) != 1:
        raise ComponentAbsent(component=shown(component))
    return quote(found[0], safe="*").replace("~", "%7E")


# --- header fields (RFC 9421, section 2.1) -----------------------------------------------------------------------


def _field(component: Component, message: Message, parameters: Mapping[str, Parameter]) -> str:
    given = message.headers.get(component.name)
    if given is None or "name" in parameters:
        raise ComponentAbsent(component=shown(component))
    given = given.strip(" \t")
    if not parameters:
        return given
    if "bs" in parameters:
        if len(parameters) > 1:
            raise ComponentAbsent(component=shown(component))
        return f":{base64.b64encode(_latin1(component, given)).decode('ascii')}:"
    return _structured(component, given, parameters)


def _latin1(component: Component, given: str) -> bytes:
    try:
        return given.encode("latin-1")
    except UnicodeEncodeError as problem:
        raise HeaderMalformed(header=shown(component)) from problem


def _structured(component: Component, given: str, parameters: Mapping[str, Parameter]) -> str:
    if parameters == {"key": "sig1"} and (own := _OWN_SIGNATURE.fullmatch(given)) is not None:
        return own[1]
    try:
        if "key" in parameters:
            members = structured_fields.dictionary(given, once=False)
            return structured_fields.serialised_member(members[str(parameters["key"])])
        return structured_fields.serialised(given, name=component.name)
    except (ValueError, KeyError) as problem:
        raise ComponentAbsent(component=shown(component)) from problem
