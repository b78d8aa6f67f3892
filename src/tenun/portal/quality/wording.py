"""The quality of data in words: no blame, what is to be done, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenun.agreement.vocabulary import Party
from tenun.indicators.areas import Area
from tenun.linkage.reasons import REASONS
from tenun.portal import words
from tenun.portal.quality.deliveries import ListState
from tenun.portal.quality.villages import Delivery
from tenun.registry.siapkerja import tables as siapkerja
from tenun.registry.sid import tables as sid
from tenun.sources import residents, rules
from tenun.sources import siapkerja as siapkerja_sources
from tenun.sources.rules import Severity

# The rules of ingest are in the register once the sources that define them are loaded.
REGISTERED = (residents, siapkerja_sources)


@dataclass(frozen=True)
class Said:
    text: str
    remedy: str


def answer(area: Area, counts: Mapping[Delivery, int], findings: int | None) -> str:
    """One sentence: how many villages' data cannot be trusted yet, why, and who puts it right."""
    total = sum(counts.values())
    place = words.area_title(area.code, area.name)
    if not total:
        return _("No village of %(area)s has figures here yet.") % {"area": place}
    untrusted = total - counts[Delivery.FRESH]
    if not untrusted and not findings:
        return _("All rules pass for %(area)s: %(total)s villages have delivered in time.") % {
            "area": place,
            "total": words.number(total),
        }
    first = _("Of %(total)s villages of %(area)s, the data of %(good)s is here and recent enough.") % {
        "total": words.number(total),
        "area": place,
        "good": words.number(counts[Delivery.FRESH]),
    }
    return " ".join(sentence for sentence in (first, *_lacks(counts), _found(findings), _who()) if sentence)


def _lacks(counts: Mapping[Delivery, int]) -> list[str]:
    texts = {
        Delivery.MISSING: ngettext("%(n)s has not delivered.", "%(n)s have not delivered.", counts[Delivery.MISSING]),
        Delivery.LEFT_OUT: ngettext(
            "%(n)s is left out, since its data may not be used any more.",
            "%(n)s are left out, since their data may not be used any more.",
            counts[Delivery.LEFT_OUT],
        ),
        Delivery.OLD: ngettext(
            "%(n)s has data that is older than agreed.",
            "%(n)s have data that is older than agreed.",
            counts[Delivery.OLD],
        ),
    }
    return [text % {"n": words.number(counts[delivery])} for delivery, text in texts.items() if counts[delivery]]


def _found(findings: int | None) -> str:
    if not findings:
        return ""
    text = ngettext("The rules found something %(n)s time.", "The rules found something %(n)s times.", findings)
    return text % {"n": words.number(findings)}


def _who() -> str:
    return _("Rows of SID are put right in the village office, those of SIAPKerja at Kemnaker; nobody edits data here.")


def delivery_name(delivery: Delivery | str) -> str:
    return {
        Delivery.FRESH: _("delivered"),
        Delivery.OLD: _("delivered, older than agreed"),
        Delivery.LEFT_OUT: _("left out"),
        Delivery.MISSING: _("not delivered"),
    }[Delivery(delivery)]


def left_out_for(code: str) -> str:
    """Why a village's data may not be used, from the code of the refusal."""
    texts = {
        "agreement.data_life_over": _("held longer than agreed"),
        "agreement.deletion_ordered": _("ordered to be deleted"),
        "agreement.quarantined": _("in quarantine"),
        "agreement.label_lost": _("its label of purpose and time is lost"),
        "agreement.delivered_for_other_purpose": _("given for another purpose"),
        "agreement.delivered_under_other_agreement": _("given under another agreement"),
        "agreement.delivered_as_other_dataset": _("given as another dataset"),
    }
    return texts.get(code, _("not allowed by the agreement (%(code)s)") % {"code": code})


def who_acts(delivery: Delivery | str) -> str:
    """Who does what about a village that stands so; empty where nothing is to be done."""
    return {
        Delivery.FRESH: "",
        Delivery.OLD: _("Village office: send the present register. Kemendesa PDT hands it over."),
        Delivery.LEFT_OUT: _("Kemendesa PDT: hand the village over anew."),
        Delivery.MISSING: _("Village office: connect SID. Kemendesa PDT helps through the regency."),
    }[Delivery(delivery)]


def rule(code: str) -> Said:
    """What a rule says and what to do: of ingest, of the comparison between villages, of linked accounts."""
    known = {one.code: one for one in rules.every()}.get(code)
    if known is not None:
        is_id = words.language() == "id"
        return Said(known.text_id if is_id else known.text_en, known.remedy_id if is_id else known.remedy_en)
    among = _among_villages().get(code)
    if among is not None:
        return among
    source, _dot, reason = code.partition(".")
    if source == "linked" and reason in REASONS:
        told = REASONS[reason]
        return Said(
            told.id if words.language() == "id" else told.en,
            _("Compare with the family card; which of the two is wrong is not known here."),
        )
    if source == "nik":
        return Said(_("The NIK cannot be used as it stands."), _("Fill in the NIK as on the family card."))
    return Said(code, _("See the documentation of this rule."))


def _among_villages() -> dict[str, Said]:
    return {
        "delivered.nik_twice": Said(
            _("The same NIK stands in two rows of the village."),
            _("Compare both persons with their family cards and correct the wrong one."),
        ),
        "delivered.nik_in_other_village": Said(
            _("The same NIK stands in another village too."),
            _("If the person moved, mark the old row as moved away."),
        ),
        "delivered.birth_date_after_data": Said(
            _("The date of birth lies after the date of the data."),
            _("Correct the year of birth."),
        ),
    }


def severity_name(severity: Severity | str) -> str:
    return {
        Severity.REJECT: _("rejected"),
        Severity.DUPLICATE: _("duplicate"),
        Severity.WARN: _("warning"),
        "info": _("for information"),
        "warning": _("warning"),
        "error": _("error"),
    }[severity]


def dataset_name(dataset: str) -> str:
    return {
        sid.DATASET: _("Residents (SID)"),
        siapkerja.SEEKERS_DATASET: _("Job seekers (SIAPKerja)"),
        siapkerja.VACANCIES_DATASET: _("Vacancies (SIAPKerja)"),
        siapkerja.TRAININGS_DATASET: _("Trainings (SIAPKerja)"),
        siapkerja.CERTIFICATES_DATASET: _("Certificates (SIAPKerja)"),
        siapkerja.PLACEMENTS_DATASET: _("Placements (SIAPKerja)"),
    }[dataset]


def owner_name(party: Party) -> str:
    return {Party.DESA: _("Village office, through Kemendesa PDT"), Party.NAKER: "Kemnaker"}[party]


def list_state(state: ListState) -> str:
    """What to do about a list that cannot be shown; empty where it can."""
    return {
        ListState.THERE: "",
        ListState.CLEAN: _("No rule found anything in this file."),
        ListState.GONE: _("The list is not on this node any more. Bring the same file in again, and it is made anew."),
        ListState.ALTERED: _(
            "The list does not hold what was found when the file came in, so it is not shown. Bring the same file in "
            "again, after moving the altered list away."
        ),
    }[state]
