"""What workers send home."""

import pickle
from pathlib import Path

from submission.checks import check_tree
from tests.fakes.good_tree import both


def test_findings_come_home_as_they_were_and_share_their_words(tmp_path: Path) -> None:
    root = both(tmp_path)
    (root / "closed/Kit/systems/board.json").write_text("{}")
    sent = check_tree(root).findings
    home = pickle.loads(pickle.dumps(sent))
    assert home == sent
    first, second = [f for f in home if f.rule == "SYS005"][:2]
    assert first.definition is second.definition
