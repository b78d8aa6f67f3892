"""Handing data over under the agreement: packs, their verification, receipts. No web framework here.

Knows the agreement, the lake and the log. A row leaves only under a `Permit`, and only after the log
has it in writing; a row enters only after everything about its pack was checked.
"""
