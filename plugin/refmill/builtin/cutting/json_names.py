"""What tells the objects of a dump in JSON: the names in them, and which of these stand in one twice."""

from __future__ import annotations

import json
import re
from typing import Any, Final

__all__ = ["INNER_NAMES", "ITEM_NAMES", "JUNK", "may_repeat", "repeated"]

JUNK: Final = re.compile(rb"[^\[{@]{0,8}+(?=[\[{])")
"""What may stand in front of the first object, damaged as the beginning of a file may be."""

_SHOWN: Final = 60

INNER_NAMES: Final = frozenset(
    b"""family given literal suffix name particle dropping-particle non-dropping-particle comma-suffix static-ordering
    parse-names isInstitution date-parts raw season circa version created affiliation ORCID sequence DOI-asserted-by
    authenticated-orcid unstructured content-type content-version""".split()
)
"""With which people, dates and versions begin inside of an item or a row, and no item does."""

ITEM_NAMES: Final = frozenset(
    b"""id type title title-short author authors authors_parsed abstract DOI doi URL url ISSN ISBN PMID PMCID categories
    annote archive archive_collection archive_location archive-place authority call-number chapter-number
    citation-key citation-label citation-number collection-editor collection-number collection-title comments composer
    container-author container-title container-title-short custom dimensions director division edition editor
    editorial-director event event-date event-place event-title genre illustrator interviewer issue issued accessed
    journal-ref journalAbbreviation jurisdiction keyword language license locator medium note number number-of-pages
    number-of-volumes original-author original-date original-publisher original-title page page-first part publisher
    publisher-place recipient references report-no reviewed-author reviewed-title scale schema section shortTitle source
    status submitted submitter translator update_date versions volume volume-title year-suffix _id @id""".split()
)
"""With which an item or a row begins wherever it stands, whatever is missing in front of it."""


def may_repeat(record: bytes) -> bool:
    """Return whether `repeated` could find something: two objects that damage joined have two ids or titles."""
    return record.count(b'"id"') > 1 or record.count(b'"title"') > 1


def repeated(record: bytes) -> str:
    """Return which names stand in this object twice with different values, and the values left out; "" for none.

    The last value of a name counts, as everywhere in JSON.
    """
    try:
        pairs: list[tuple[str, Any]] = json.loads(record, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(pairs, _Pairs):
        return ""
    last = dict(pairs)
    left_out: dict[str, list[str]] = {}
    for name, value in pairs:
        if value != last[name]:
            shown = repr(value)
            left_out.setdefault(name, []).append(shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "…")
    return "; ".join(f"{name} stands there twice; left out: {', '.join(values)}" for name, values in left_out.items())


class _Pairs(list[tuple[str, Any]]):
    """The names and values of an object, in their order."""
