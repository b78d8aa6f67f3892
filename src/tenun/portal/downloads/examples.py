"""Examples that can be pasted: the choice on the page as a command, a script and a workbook query.

They hold the address of the choice and never a key: that stays in a variable or a parameter of the reader's machine.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    name: str
    text: str


def of(address: str, *, file_name: str) -> tuple[Example, ...]:
    """For the permanent address of a CSV, one that names its snapshot."""
    return (
        Example(
            "curl",
            f'curl --fail --header "Authorization: Bearer $TENUN_KEY" \\\n  --output {file_name} \\\n  "{address}"\n',
        ),
        Example(
            "Python (pandas)",
            "import os\n"
            "import pandas\n\n"
            "angka = pandas.read_csv(\n"
            f'    "{address}",\n'
            '    storage_options={"Authorization": "Bearer " + os.environ["TENUN_KEY"]},\n'
            '    dtype={"area_code": str},  # 52.10 is a regency and no number\n'
            ")\n",
        ),
        Example(
            "Excel (Power Query)",
            "let\n"
            f'    Isi = Web.Contents("{address}", [Headers = [Authorization = "Bearer " & TenunKey]]),\n'
            '    Baris = Csv.Document(Isi, [Delimiter = ",", Encoding = 65001]),\n'
            "    Angka = Table.PromoteHeaders(Baris, [PromoteAllScalars = false])\n"
            "in\n"
            "    Angka\n",
        ),
    )
