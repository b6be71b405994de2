"""One row, and a document with a hostile text in every place."""

import pytest

from submission.checks.findings import Finding
from submission.checks.model import Breach, Waiver
from submission.checks.reports.document import (
    Band,
    Document,
    Facts,
    FindingGroup,
    Fold,
    Heading,
    Plot,
    Remedies,
    Remedy,
    Table,
    Text,
)
from submission.report.facts import Row, ServerRun

HOSTILE = "<script>alert(1)</script> | `x` [a](b) ![i](http://evil.example/i.png)"


@pytest.fixture
def row() -> Row:
    return Row(
        label="model",
        tree="open/Demo",
        system="box",
        benchmark="model",
        f1=90.0,
        exact_match=80.0,
        whole_squad=True,
        compared_with="reference",
        fp32_f1=90.874,
        sparsity_percent=50.0,
        server=ServerRun(
            scheduled=200.0,
            completed=199.0,
            bound_ms=130.0,
            percentile=0.99,
            latencies_ms={"50.00": 40.0, "99.00": 120.0},
        ),
        offline=300.0,
    )


@pytest.fixture
def hostile() -> Document:
    finding = Finding(
        rule=HOSTILE,
        breach=Breach(at=HOSTILE, found=HOSTILE, expected=HOSTILE, key=HOSTILE),
        waiver=Waiver(rule=HOSTILE, path=HOSTILE, reason=HOSTILE),
    )
    return (
        Heading(text=HOSTILE, level=1),
        Text(text=HOSTILE),
        Band(title=HOSTILE, reasons=(HOSTILE,)),
        Facts(pairs=((HOSTILE, HOSTILE),)),
        Table(caption=HOSTILE, head=(HOSTILE,), rows=((HOSTILE,),)),
        Table(caption=HOSTILE, head=(HOSTILE, HOSTILE), rows=((HOSTILE, HOSTILE),), cards=True),
        Plot(title=HOSTILE, svg="<svg></svg>", words=HOSTILE),
        Fold(title=HOSTILE, blocks=(Text(text=HOSTILE),)),
        finding,
        FindingGroup(findings=(finding,) * 6),
        Remedies(title=HOSTILE, steps=(Remedy(first=finding, keys=HOSTILE),), more=HOSTILE),
    )
