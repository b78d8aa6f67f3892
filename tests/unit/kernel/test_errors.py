import importlib
import pkgutil

import tenun
from tenun.cli.docs import NEED_DJANGO
from tenun.kernel.errors import TenunError


def every_error() -> list[type[TenunError]]:
    """Errors that can be raised: a base that others inherit from names a family and is not one."""
    for module in pkgutil.walk_packages(tenun.__path__, "tenun."):
        if not module.name.startswith(NEED_DJANGO) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def below(kind: type[TenunError]) -> list[type[TenunError]]:
        return [kind, *(found for child in kind.__subclasses__() for found in below(child))]

    return [
        kind
        for kind in below(TenunError)
        if kind.__module__.startswith("tenun.") and kind is not TenunError and not kind.__subclasses__()
    ]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in every_error()]
    assert len(codes) > 5
    assert len(codes) == len(set(codes)), sorted(code for code in codes if codes.count(code) > 1)


def test_every_error_speaks_both_languages_and_says_what_to_do() -> None:
    for kind in every_error():
        assert kind.text_id != TenunError.text_id, kind
        assert kind.text_en != TenunError.text_en, kind
        assert kind.remedy_id, kind
        assert kind.remedy_en, kind


def test_an_error_as_json_keeps_its_parts_and_both_texts() -> None:
    class Sample(TenunError):
        code = "test.sample"
        text_id = "Kolom {field} pada baris {row}."
        text_en = "Field {field} in row {row}."

    problem = Sample(field="sex", row=3)
    assert problem.as_dict()["message"] == {"id": "Kolom sex pada baris 3.", "en": "Field sex in row 3."}
    assert problem.as_dict()["parts"] == {"field": "sex", "row": 3}
