"""Rules are applied to one subject: what comes back, and that merging keeps all of it."""

from collections.abc import Iterator

import pytest

from submission.checks.book import BUG
from submission.checks.engine import MOST, Judgement, RuleEngine, judge
from submission.checks.model import Breach, Rule, Scope, Severity, Waiver
from submission.checks.partial import EMPTY, PartialResult, merge
from submission.policy import Policy, load_policy

POLICY = load_policy("v3.0")
WAIVER = Waiver(rule="AAA001", path="open/*", reason="of the demo")


def made(rule_id: str, *breaches: Breach, requires: str = "") -> Rule:
    def test(facts: object, policy: Policy) -> Iterator[Breach]:
        yield from breaches

    return Rule(
        id=rule_id,
        title=rule_id,
        fault=rule_id,
        scope=Scope.RUN,
        reference="r",
        hint="h",
        test=test,
        severity=Severity.ERROR,
        requires=frozenset(requires.split()),
    )


def breach(found: str = "x", at: str = "open/a", **words: str) -> Breach:
    return Breach(at=at, found=found, expected="y", **words)  # type: ignore[arg-type]


def judged(
    *rules: Rule,
    hidden: str = "",
    waivers: tuple[Waiver, ...] = (),
    unavailable: frozenset[str] = frozenset(),
) -> Judgement:
    engine = RuleEngine(
        policy=POLICY,
        rules={Scope.RUN: rules},
        reported=frozenset(rule.id for rule in rules) - set(hidden.split()),
        waivers={waiver.rule: (waiver,) for waiver in waivers},
    )
    return judge(engine, Scope.RUN, None, at="open/a", unavailable=unavailable)


def test_a_rule_that_holds_gives_nothing() -> None:
    assert judged(made("AAA001")) == Judgement(unavailable=frozenset(), partial=EMPTY)


def test_what_requires_a_broken_rule_is_skipped_and_counted() -> None:
    broken = made("AAA001", breach())
    found = judged(broken, made("AAA002", breach(), requires="AAA001"))
    assert [finding.rule for finding in found.partial.findings] == ["AAA001"]
    assert found.partial.skipped == {"AAA002": 1}
    assert found.unavailable == {"AAA001", "AAA002"}


def test_what_does_not_hold_above_is_not_available_below() -> None:
    found = judged(made("AAA002", breach(), requires="AAA001"), unavailable=frozenset({"AAA001"}))
    assert (found.partial.findings, found.partial.skipped) == ((), {"AAA002": 1})


def test_a_rule_that_is_not_reported_still_counts_for_those_that_require_it() -> None:
    hidden = made("AAA001", breach())
    found = judged(hidden, made("AAA002", breach(), requires="AAA001"), hidden="AAA001")
    assert found.partial.findings == ()
    assert found.unavailable == {"AAA001", "AAA002"}


def test_a_rule_that_raises_is_a_fault_of_the_checker() -> None:
    def test(facts: object, policy: Policy) -> Iterator[Breach]:
        raise ValueError("oh")
        yield breach()

    rule = Rule(
        id="AAA001", title="t", fault="f", scope=Scope.RUN, reference="r", hint="h", test=test
    )
    (finding,) = judged(rule).partial.findings
    assert (finding.rule, finding.path, finding.rejects) == (BUG, "open/a", True)
    assert "ValueError in rule AAA001" in finding.found


def test_many_breaches_end_in_one_that_says_so() -> None:
    many = [breach(str(number)) for number in range(MOST + 5)]
    findings = judged(made("AAA001", *many)).partial.findings
    assert len(findings) == MOST + 1
    assert findings[-1].found == f"more than {MOST} such places"


@pytest.mark.parametrize(("at", "waived"), [("open/a", "of the demo"), ("closed/a", None)])
def test_a_waiver_covers_by_path(at: str, waived: str | None) -> None:
    found = judged(made("AAA001", breach(at=at)), waivers=(WAIVER,)).partial
    assert [finding.waived for finding in found.findings] == [waived]
    assert found.used_waivers == ({WAIVER} if waived else set())


def test_a_copy_of_a_key_is_not_reported_beside_an_error_on_the_key_itself() -> None:
    copy = made("AAA002", breach(mirrors="seed"))
    assert len(judged(copy).partial.findings) == 1
    both = judged(made("AAA001", breach(key="seed")), copy)
    assert [finding.rule for finding in both.partial.findings] == ["AAA001"]
    assert both.unavailable == {"AAA001", "AAA002"}


def test_texts_of_a_tree_are_made_safe() -> None:
    (finding,) = judged(made("AAA001", breach("\x1b[31m", at="open/\n"))).partial.findings
    assert (finding.path, finding.found) == ("open/\\n", "\\x1b[31m")


def test_merging_keeps_everything() -> None:
    first = judged(made("AAA001", breach()), waivers=(WAIVER,)).partial
    second = judged(
        made("AAA001", breach("z")), made("AAA002", requires="AAA001"), waivers=(WAIVER,)
    ).partial
    said = PartialResult(refused={"open/a": "why"}, unlisted=1, crashes=("crash",))
    whole = merge((first, EMPTY, merge((second, second, said))))
    assert [finding.found for finding in whole.findings] == ["x", "z", "z"]
    assert whole.skipped == {"AAA002": 2}
    assert whole.used_waivers == {WAIVER}
    assert (whole.refused, whole.unlisted, whole.crashes) == ({"open/a": "why"}, 1, ("crash",))


def test_merging_nothing_gives_nothing() -> None:
    assert merge(()) == merge((EMPTY, EMPTY)) == EMPTY
