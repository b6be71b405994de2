"""Walks the list of evidence over a tree: every statement against what must agree with it."""

from __future__ import annotations

from submission.review.built import Built
from submission.review.evidence.book import BOOK
from submission.review.evidence.model import Examined, Verified, examine
from submission.tree.finished import FinishedTree


def verify_tree(tree: FinishedTree, image: Built | None) -> list[Verified]:
    """Each line of the list with its count and differences; nothing is written.

    Without an ``image`` what needs one is left out.
    """
    subject = Examined(tree=tree, image=image)
    return [examine(evidence, subject) for evidence in BOOK]
