"""The sheet of one area: its profile as a value, on two pages of paper, as a file to read, and packed to hand over.

made = document.of_area(results, "52.01.14.2005", language="id")
rendering.as_pdf(made)                    # A4, two pages, with its structure marked (PDF/UA)
rendering.as_html(made)                   # one file that needs nothing else
pack.build(…)                             # both and the CSV, with a signed list of their digests
"""
