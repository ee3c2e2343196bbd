"""Whether a paper was withdrawn from arXiv, as its comments or its abstract say.

A withdrawal is a new version whose comments give the reason (info.arxiv.org/help/withdraw.html); no record has a flag
for it.
"""

from __future__ import annotations

import re

__all__ = ["withdrawn"]

_WITHDRAWN = re.compile(
    r"""(?: ^\W* (?:temporarily\s+)?                                   # Withdrawn by the author
        | (?: ^\W* | [.;:!?)\]*-]\s* | \b(?:this|the|our|these|my)\s+ )   # and not: the conference version was
          (?:research\s+|present\s+)?
          (?: (?: papers?|articles?|notes?|document|submission|manuscript|preprint|e-?print|work|version|letter|draft
                | report|thesis|comment|contribution ) (?:\([^()]{0,40}\)|\s|,)*
            | this\s+ )
          (?: (?:is|are|was|were|has|have|had|be|bee|been|being|now|already|hereby|\w+ly)\s+ ){0,5}  # and not: to JACM
        ) withdrawn\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ELSEWHERE = re.compile(r"\s+(?:\w+\s+){0,4}?from\s+(?!(?:the\s+)?arxiv|circulation|public)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n\n|$")
_BEGINNING = 240
"""Characters: a withdrawal is told first."""


def withdrawn(comments: str, abstract: str = "") -> str:
    """The sentence that says so, or "". A paper withdrawn from a journal is not withdrawn from arXiv."""
    for text in (comments, abstract):
        head = text[:_BEGINNING]
        if "ithdrawn" not in head and "ITHDRAWN" not in head:
            continue
        found = _WITHDRAWN.search(head)
        if found and not _ELSEWHERE.match(head, found.end()):
            end = _SENTENCE_END.search(text, found.end())
            return text[found.start() : end.end() if end else None].lstrip(" .;:!?)]*-\n").rstrip()
    return ""
