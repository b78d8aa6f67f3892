"""What a release shows is made for its audience, from persons, and only while the gate says yes."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tenun.agreement.release.request import parsed_letter
from tenun.agreement.release.states import ReleaseState
from tenun.agreement.vocabulary import Party
from tenun.cli.main import main
from tenun.disclosure import audit as audits
from tenun.disclosure.audit import audit
from tenun.disclosure.gates import OUTSIDE, OUTSIDE_RULE_VERSION
from tenun.disclosure.state import ValueState
from tenun.indicators import wording
from tenun.indicators.attacked import release_of
from tenun.indicators.outside import FiguresOutdated, NotOfPersons, make
from tenun.node import release_figures, releases
from tenun.node.home import NodeHome, Role
from tenun.node.release_figures import AsTheAudienceSees, MadeElsewhere
from tests.lib import releasing
from tests.lib.commands import answer_of
from tests.lib.releasing import ASKED, AUDIENCE, DISTRICT, LETTERS, Filled

SMALL = OUTSIDE.noise.noise_max


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TENUN_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def nodes(home: Path) -> dict[Party, NodeHome]:
    found = {party: NodeHome.of(Role(party.value)) for party in Party}
    releasing.in_force(found[Party.NAKER], found[Party.DESA])
    return found


@pytest.fixture(scope="module")
def filled(nodes: dict[Party, NodeHome]) -> Filled:
    return releasing.fill(nodes[Party.NAKER].lake)


@pytest.fixture(scope="module")
def figures(nodes: dict[Party, NodeHome], filled: Filled) -> AsTheAudienceSees:
    return AsTheAudienceSees.of(nodes[Party.NAKER])


def silent(_problem: object) -> None:
    return None


def asked(nodes: dict[Party, NodeHome], **scope: list[str]) -> Any:
    return releases.ask(nodes[Party.NAKER], {**ASKED, "scope": {**ASKED["scope"], **scope}})


def in_force(nodes: dict[Party, NodeHome], **scope: list[str]) -> Any:
    """A release with both letters, by the steps that the two nodes take."""
    naker, desa = nodes[Party.NAKER], nodes[Party.DESA]
    seen = release_figures.preview(naker, asked(nodes, **scope))
    first = releases.consent(naker, seen.request, parsed_letter(LETTERS[Party.NAKER]))
    second = releases.consent(desa, releases.take(desa, first.request.content), parsed_letter(LETTERS[Party.DESA]))
    assert second.act is not None
    entry = releases.countersign(naker, first.request, second.act.read_bytes(), warn=silent)
    return releases.release(naker, entry.hash)


def rows_of(figures: AsTheAudienceSees, **scope: list[str]) -> dict[tuple[str, ...], dict[str, Any]]:
    wanted = release_scope(**scope)
    table = figures.lake.read(figures.snapshot(wanted, audience=AUDIENCE), "values").to_pylist()
    return {(row["indicator"], row["area_code"], row["breakdown"], row["category"]): row for row in table}


def release_scope(**scope: list[str]) -> Any:
    from tenun.agreement.release.request import parsed_scope

    letters = {party.value: letter for party, letter in LETTERS.items()}
    return parsed_scope({**ASKED["scope"], **scope, "letters": letters})


# --- the figures ---------------------------------------------------------------------------------


@pytest.mark.pasal("7(2)")
def test_an_audience_outside_sees_perturbed_figures_and_never_a_one_or_two(
    figures: AsTheAudienceSees, filled: Filled
) -> None:
    found = rows_of(figures)
    shown = [row for row in found.values() if ValueState(row["state"]).has_value]
    assert shown
    for row in shown:
        assert row["rule_version"] == OUTSIDE_RULE_VERSION
        assert row["numerator"] not in (1, 2)
        assert row["low"] is row["high"] is None
    adults = found["A1", DISTRICT, "", ""]["value"]
    assert 0 < abs(adults - filled.count(DISTRICT)) <= SMALL or adults == filled.count(DISTRICT)
    for sex, age in itertools.product(("male", "female"), ("15-24",)):
        cell = found["A1", DISTRICT, "sex*age_group", f"{sex}*{age}"]
        true = sum(filled.count(DISTRICT, sex=sex, age_years=years) for years in (16, 19, 23))  # type: ignore[arg-type]
        assert abs(cell["value"] - true) <= SMALL


def test_a_village_that_is_too_small_or_has_not_delivered_says_so_and_is_no_zero(
    figures: AsTheAudienceSees, filled: Filled
) -> None:
    found = rows_of(figures)
    small = next(one for one in figures.inputs.deliveries if filled.count(one) == 60)
    assert (found["A1", small, "", ""]["state"], found["A1", small, "", ""]["reason"]) == ("na", "population_small")
    silent_ones = [key for key, row in found.items() if row["state"] == "ns"]
    assert {key[1] for key in silent_ones}.isdisjoint(figures.inputs.deliveries)
    assert all(found[key]["value"] is None for key in silent_ones)
    assert found["A1", DISTRICT, "", ""]["reason"] in ("perturbed", "perturbed_partial")


def test_every_reason_that_is_published_has_words(figures: AsTheAudienceSees) -> None:
    reasons = {row["reason"] for row in rows_of(figures).values()} - {None}
    assert {"perturbed", "population_small"} & reasons
    assert reasons <= wording.REASONS.keys()
    assert {"perturbed", "perturbed_partial", "group_low", "group_high"} <= wording.REASONS.keys()


def test_nothing_outside_the_scope_is_in_a_snapshot(figures: AsTheAudienceSees) -> None:
    found = rows_of(figures, indicators=["A1"], areas=[f"{DISTRICT}"])
    assert {key[0] for key in found} == {"A1"}
    assert all(key[1] == DISTRICT or key[1].startswith(f"{DISTRICT}.") for key in found)


def test_an_indicator_that_counts_no_single_persons_is_refused(figures: AsTheAudienceSees) -> None:
    for indicator in ("G1", "B14", "D2"):
        with pytest.raises(NotOfPersons):
            make(
                figures.inputs,
                figures.results,
                indicators=[indicator],
                areas=[DISTRICT, *figures.inputs.deliveries],
                profile=OUTSIDE,
                key=figures.key,
            )


def test_figures_of_other_data_than_the_ministries_see_are_refused(figures: AsTheAudienceSees) -> None:
    later = replace(figures, inputs=replace(figures.inputs, references=("core/other",)))
    with pytest.raises(FiguresOutdated):
        later.snapshot(release_scope(indicators=["A2"]), audience=AUDIENCE)


def test_the_other_node_makes_no_figures_for_audiences(nodes: dict[Party, NodeHome], filled: Filled) -> None:
    with pytest.raises(MadeElsewhere):
        AsTheAudienceSees.of(nodes[Party.DESA])


# --- attack --------------------------------------------------------------------------------------


@pytest.mark.pasal("7(2)")
def test_two_releases_together_do_not_give_small_counts_away(figures: AsTheAudienceSees, filled: Filled) -> None:
    """One of the district by all indicators, to villages; one of the regency by seekers alone, to the public."""
    one, other = release_scope(), release_scope(indicators=["C1"], areas=[releasing.REGENCY])
    snapshots = [figures.snapshot(one, audience=AUDIENCE), figures.snapshot(other, audience="publik")]
    attacked = [release_of(figures.lake, snapshot) for snapshot in snapshots]
    assert audit(attacked[0], attacked[1:]).recovered == []
    assert audit(attacked[1], attacked[:1]).recovered == []
    tables = [
        {
            (row["area_code"], row["breakdown"], row["category"]): row["numerator"]
            for row in figures.lake.read(snapshot, "values").to_pylist()
            if row["indicator"] == "C1" and row["state"] == "ok"
        }
        for snapshot in snapshots
    ]
    shared = tables[0].keys() & tables[1].keys()
    assert len(shared) > 10
    # No second noise to average: the same people are the same number in both.
    assert all(tables[0][key] == tables[1][key] for key in shared)
    small = {
        (village, "sex", sex): filled.count(village, only_seekers=True, sex=sex)
        for village in figures.inputs.deliveries
        for sex in ("male", "female")
    }
    small = {key: count for key, count in small.items() if 0 < count < 5 and key in shared}
    assert small, "no small count is published, so nothing was attacked"
    for key, count in small.items():
        possible = OUTSIDE.noise.possible(int(tables[0][key]))
        assert count in possible
        assert len(possible) > 2


def test_counts_that_got_out_without_noise_are_found_to_give_small_ones_away(
    figures: AsTheAudienceSees, filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test of differences can fail: here the true numbers of the same data are out already."""
    scope = release_scope(indicators=["C1"])
    snapshot = figures.snapshot(scope, audience=AUDIENCE)
    table = figures.lake.read(snapshot, "values")
    true = {
        (area, breakdown, sex): filled.count(area, only_seekers=True, **({"sex": sex} if sex else {}))
        for area in figures.inputs.deliveries
        for breakdown, sex in (("", ""), ("sex", "male"), ("sex", "female"))
    }
    bare = [
        row | {"value": float(true[key]), "numerator": float(true[key]), "state": "ok"}
        for row in table.to_pylist()
        for key in [(row["area_code"], row["breakdown"], row["category"])]
        if key in true
    ]
    pq.write_table(pa.Table.from_pylist(bare, schema=table.schema), tmp_path / "values.parquet")
    subject = release_of(figures.lake, snapshot)
    exact = replace(subject, id="bare", values=tmp_path / "values.parquet", noise=None)
    monkeypatch.setattr(audits, "audit", lambda mine, others: audit(mine, [*others, exact]))
    small = {key for key, count in true.items() if 0 < count < figures.results.minimum_cell}
    assert small
    told = figures.told(scope, audience=AUDIENCE, earlier=())
    assert small <= {key[1:] for key in told}


# --- the commands --------------------------------------------------------------------------------


def test_the_preview_command_shows_the_share_that_is_hidden_and_the_test_of_differences(
    nodes: dict[Party, NodeHome], filled: Filled
) -> None:
    status, draft = answer_of(
        "release", "request", "--node", "naker", "--indicators", "A1,C1", "--areas", DISTRICT, "--audience", "publik",
        "--from", "2000-01-01", "--until", "2099-12-31", "--text", "Uji.",
    )  # fmt: skip
    assert status == 0
    status, seen = answer_of("release", "preview", draft["id"], "--node", "naker")
    assert (status, seen["state"]) == (0, "previewed")
    told = seen["preview"]
    assert told["rule_version"] == OUTSIDE_RULE_VERSION
    assert 0 < told["hidden"] < told["cells"]
    assert told["hidden_percent"] == round(100 * told["hidden"] / told["cells"], 1)
    assert (told["differencing_findings"], told["may_be_consented_to"]) == (0, True)
    status, gone = answer_of("release", "discard", draft["id"], "--node", "naker")
    assert (status, gone["discarded"]) == (0, True)
    assert answer_of("release", "show", draft["id"], "--node", "naker")[1]["error"]["code"] == "release.not_found"


def test_a_preview_at_the_other_node_says_where_to_make_it(nodes: dict[Party, NodeHome]) -> None:
    draft = releases.ask(nodes[Party.DESA], ASKED)
    status, answer = answer_of("release", "preview", draft.id, "--node", "desa")
    assert (status, answer["error"]["code"]) == (1, "release.made_elsewhere")
    taken = answer_of("release", "take", str(releases.file_of(nodes[Party.DESA], draft)), "--node", "naker")[1]
    assert taken["id"] == draft.id
    releases.discard(nodes[Party.NAKER], releases.draft(nodes[Party.NAKER], draft.id))
    releases.discard(nodes[Party.DESA], draft)


@pytest.mark.pasal("7(2)")
def test_files_are_published_while_the_release_is_in_force_and_not_a_moment_longer(
    nodes: dict[Party, NodeHome], filled: Filled, tmp_path: Path
) -> None:
    made = in_force(nodes)
    assert made.state is ReleaseState.PUBLISHED
    words = ("release", "publish", made.act[:12], "--node", "naker", "--out", str(tmp_path))
    status, told = answer_of(*words)
    assert status == 0, told
    assert (told["state"], told["rule_version"]) == ("published", OUTSIDE_RULE_VERSION)
    files = {Path(file).name.partition(".")[2]: Path(file) for file in told["files"]}
    assert set(files) == {"csv", "csv-metadata.json", "json"}
    content = json.loads(files["json"].read_bytes())
    written = list(csv.DictReader(io.StringIO(files["csv"].read_text("utf-8-sig"))))
    assert len(written) == len(content["values"]) > 100
    assert [row["shown"] for row in written] == [row["shown"] for row in content["values"]]
    assert (content["act"], content["valid_until"]) == (made.act, "2099-12-31")
    metadata = json.loads(files["csv-metadata.json"].read_bytes())
    assert "B-1/2026" in json.dumps(metadata["dc:rights"])
    (tmp_path / "milik-orang.txt").write_text("stays")

    again = answer_of(*words)[1]
    assert again["snapshot"] == told["snapshot"]
    assert len(releases.publications(nodes[Party.NAKER], made.act)) == 1

    entry = releases.revoke(nodes[Party.NAKER], made, reason="Dicabut.", warn=silent)
    assert entry.hash
    status, refused = answer_of(*words)
    assert (status, refused["error"]["code"]) == (1, "release.not_in_force")
    assert [path.name for path in tmp_path.iterdir()] == ["milik-orang.txt"]
    with pytest.raises(releases.ReleaseNotInForce):
        release_figures.published(nodes[Party.NAKER], releases.release(nodes[Party.NAKER], made.act))


def test_what_counts_no_persons_is_published_as_it_is(figures: AsTheAudienceSees) -> None:
    supplies = [one.id for one in figures.results.definitions.values() if one.is_of_things]
    found = rows_of(figures, indicators=supplies)
    for (indicator, area, _, _), row in found.items():
        assert row["value"] == figures.results.value(indicator, area).value


# --- what has gone out, attacked by a command ----------------------------------------------------


@pytest.mark.pasal("7(2)")
def test_what_went_out_is_attacked_by_audience_also_after_it_was_revoked(
    nodes: dict[Party, NodeHome], filled: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    naker = nodes[Party.NAKER]
    made = in_force(nodes)
    sent = release_figures.publish(naker, made)
    releases.revoke(naker, made, reason="Dicabut.", warn=silent)
    for words in (("--released",), ("--audience", AUDIENCE)):
        status, found = answer_of("disclosure", "audit", *words, "--node", "naker")
        assert (status, found["is_safe"], found["cells"]) == (0, True, [])
        assert sent.id in found["snapshots"]
        assert found["attacked"] > 0, "nothing small was published, so nothing was attacked"
    status, refused = answer_of("disclosure", "audit", "--audience", "tidak-ada", "--node", "naker")
    assert (status, refused["error"]["code"]) == (1, "disclosure.nothing_released")
    wrongly = ("disclosure", "audit", "--released", "--snapshot", sent.id, "--node", "naker")
    assert answer_of_usage(monkeypatch, *wrongly) == 2


@pytest.mark.pasal("7(2)")
def test_one_number_with_two_noises_is_found(figures: AsTheAudienceSees, tmp_path: Path) -> None:
    """As after the key of the noise was lost and made anew: each new noise tells more of the true number."""
    snapshot = figures.snapshot(release_scope(indicators=["C1"]), audience=AUDIENCE)
    table = figures.lake.read(snapshot, "values")
    shown = [row for row in table.to_pylist() if row["state"] == "ok" and row["numerator"]]
    changed = min(shown, key=lambda row: (row["numerator"], row["area_code"], row["category"]))
    assert changed["numerator"] <= SMALL + figures.results.minimum_cell, "nothing that could be small is shown"
    rows = [
        row | {"value": row["value"] + 1, "numerator": row["numerator"] + 1} if row == changed else row
        for row in table.to_pylist()
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), tmp_path / "values.parquet")
    subject = release_of(figures.lake, snapshot)
    other = replace(subject, id="other noise", values=tmp_path / "values.parquet")
    found = {(one.area_code, one.breakdown, one.category) for one in audit(subject, [other]).recovered
             if one.kind == "other_noise"}  # fmt: skip
    assert found == {(changed["area_code"], changed["breakdown"], changed["category"])}
    assert audit(subject, [replace(subject, id="the same")]).recovered == []


def test_figures_that_count_no_persons_are_not_attacked(figures: AsTheAudienceSees) -> None:
    snapshot = figures.results.snapshot
    known = figures.results.definitions
    attacked = release_of(figures.lake, snapshot).indicators
    assert attacked.keys() == {one.id for one in known.values() if not one.is_of_things}
    assert {"D5", "D8", "G3"} & known.keys()


def answer_of_usage(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The status of a command that is given wrongly."""
    monkeypatch.setattr("sys.argv", ["tenun", *words])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)
