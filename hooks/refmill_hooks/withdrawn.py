"""Whether a paper was withdrawn from arXiv, as its comments or its abstract say."""

from __future__ import annotations

import re

__all__ = ["withdrawn"]

_WITHDRAWN = re.compile(
    r"\b(?:(?:this|the|our)\s+)?(?:papers?|article|submission|manuscript|preprint|work|version)\b[^.]{0,40}?"
    r"\b(?:is|was|has been|have been|being)?\s*(?:temporarily\s+)?withdrawn\b"
    r"|^\W*(?:temporarily\s+)?withdrawn\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"withdrawn\s+(?:\w+\s+){0,3}?from\s+(?!(?:the\s+)?arxiv)", re.IGNORECASE)
_BEGINNING = 200
"""Characters: a withdrawal is told first."""


def withdrawn(comments: str, abstract: str = "") -> str:
    """The sentence that says so, or "". A paper withdrawn from a journal is not withdrawn from arXiv."""
    for text in (comments, abstract):
        if "ithdrawn" not in text and "ITHDRAWN" not in text:
            continue
        head = text[:_BEGINNING]
        if _WITHDRAWN.search(head) and not _ELSEWHERE.search(head):
            return text.partition("\n\n")[0]
    return ""
