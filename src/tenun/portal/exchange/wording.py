"""The exchange's state in words. Two parties, four reasons of Pasal 7(4), and what the node itself does not know."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tenun.agreement.vocabulary import Party, SecurityEvent
from tenun.exchange import reconcile
from tenun.exchange.gate import Reason, ScopeKind
from tenun.exchange.reconcile import Finding
from tenun.node.gate import Closure
from tenun.portal.exchange.state import ExchangeState


def answer(state: ExchangeState) -> str:
    """One sentence: yes, or no and why."""
    if state.agreement is None:
        return _("No: this node has no agreement in force.")
    if not state.is_record_readable:
        return _("No: the record of shut-offs cannot be read, so everything is closed.")
    if state.closures:
        # The widest closes what the others close too: it is the answer, and the table has the rest.
        first = min(state.closures, key=lambda one: (list(ScopeKind).index(one.scope.kind), one.since))
        if state.is_partly_open:
            return _("In part: %(party)s has shut off %(what)s (%(reason)s). The rest is open.") % {
                "party": party_name(first.by),
                "what": scope_name(first),
                "reason": reason_name(first.reason),
            }
        return _("No: %(party)s has shut off access (%(reason)s).") % {
            "party": party_name(first.by),
            "reason": reason_name(first.reason),
        }
    if not state.is_in_force:
        return _("No: the agreement is not in force. Data already handed over stays under its duties.")
    if state.is_silent:
        return _("No data passes by API: this node's exchange processes are not running.")
    if state.witness is not None and state.witness.is_contradicted:
        return _(
            "Data passes, but the other party has seen another history of this node's log. Treat it as an incident."
        )
    if state.witness is not None and state.witness.is_late:
        return _("Yes, but the other party has not witnessed this node's log for too long.")
    if state.has_open_findings:
        return _("Data passes, but the two logs do not say the same: someone must look into the findings below.")
    return _("Yes: both directions are open.")


def party_name(party: Party | str) -> str:
    return {Party.DESA: "Kemendesa PDT", Party.NAKER: "Kemnaker"}[Party(party)]


def system_name(party: Party | str) -> str:
    return {Party.DESA: "SID", Party.NAKER: "SIAPKerja"}[Party(party)]


def reason_name(reason: Reason | str) -> str:
    return {
        Reason.LEAK: _("data leak"),
        Reason.MALWARE: _("malware"),
        Reason.HACK: _("hack"),
        Reason.OTHER: _("another security incident"),
        Reason.GUARD_SILENT: _("the node's guard is not running"),
        Reason.PAGE_UNREADABLE: _("the node's processes are not running"),
        Reason.RECORD_UNREADABLE: _("the record of shut-offs cannot be read"),
        Reason.SENTINEL: _("the file SHUT lies in the node's folder"),
        Reason.NOT_READY: _("the node is starting"),
        Reason.EPOCH_PASSED: _("access was opened anew in between"),
    }[Reason(reason)]


def event_name(event: str) -> str:
    """An incident's kind, as it was told."""
    if event == reconcile.TOLD_AS:
        return _("the two logs differ")
    return reason_name(Reason.of(SecurityEvent(event)))


def finding_text(finding: Finding) -> str:
    """What one log has and the other has not, in the reader's language."""
    return finding.sentence(get_language() or "id")


def scope_name(closure: Closure) -> str:
    kind, name = closure.scope.kind, closure.scope.name
    if kind is ScopeKind.DATASET:
        return _("the dataset %(name)s") % {"name": name}
    if kind is ScopeKind.CLIENT:
        return _("the client %(name)s") % {"name": name}
    return _("everything") if kind is ScopeKind.ALL else _("the whole agreement")
