"""What is decided for a connection that is kept up: each rule, and weeks of random happenings."""

from __future__ import annotations

import itertools
import math
import random
import re
from dataclasses import replace

import pytest

from winras._hints import TRANSIENT
from winras._policy import (
    Action,
    Decision,
    Happened,
    KeepEventKind,
    KeepPolicy,
    KeepState,
    Phase,
    What,
    decide,
)

FAILED = Happened(What.failed, 809, "ERROR_VPN_TIMEOUT")
REFUSED = Happened(What.failed, 691, "ERROR_AUTHENTICATION_FAILURE")
SUSPICIOUS = Happened(What.failed, 628, "ERROR_DISCONNECTION")
NO_NETWORK = Happened(What.failed, 868, "ERROR_INVALID_DESTINATION_IP", has_network=False)
HUNG_UP_BY_USER = Happened(What.dropped, 631, "ERROR_USER_DISCONNECTION")
DROPPED = Happened(What.dropped)
CONNECTED = Happened(What.connected)
HEALTHY = Happened(What.probed, is_healthy=True)
DEAD = Happened(What.probed, text="nothing answers")


class Keeping:
    """A machine and its clock, which is moved by hand; with a chance of 1, delays are longest."""

    def __init__(
        self,
        *,
        asks: bool = False,
        is_up: bool | None = False,
        chance: float = 1.0,
        **policy: object,
    ) -> None:
        self.policy = KeepPolicy(**policy)  # type: ignore[arg-type]
        self.state = KeepState(asks=asks)
        self.now = 1000.0
        self.chance = chance
        self.dials: list[float] = []
        self.told: list[KeepEventKind] = []
        if is_up is not None:
            self.feed(Happened(What.began, is_up=is_up))

    def feed(self, happened: Happened | What, after: float = 0.0) -> Decision:
        self.now += after
        if isinstance(happened, What):
            happened = Happened(happened)
        self.state, decision = decide(self.policy, self.state, happened, self.now, self.chance)
        if decision.action is Action.dial:
            self.dials.append(self.now)
        if decision.kind:
            self.told.append(decision.kind)
        return decision

    def wait(self) -> Decision:
        """Until the time that it has asked for."""
        assert self.state.until is not None
        self.now = max(self.now, self.state.until)
        return self.feed(What.time)

    def give(self, credentials: int, after: float = 0.0) -> Decision:
        return self.feed(Happened(What.credentials, credentials=credentials), after)

    def fails(self, how: Happened, times: int = 1) -> Decision:
        """Its dial fails, and those that follow, up to the decision after the last."""
        for _ in range(times - 1):
            self.feed(how)
            assert self.wait().action is Action.dial
        return self.feed(how)


def up(**policy: object) -> Keeping:
    keeping = Keeping(**policy)
    keeping.feed(CONNECTED)
    return keeping


# ---- the policy itself ----


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"first_delay": 0}, "first_delay must be more than 0 seconds"),
        ({"first_delay": 301}, "longest_delay must be at least 301 s, as first_delay is"),
        ({"longest_delay": math.inf}, "longest_delay must be 0 or more seconds and finite"),
        ({"least_spacing": 0.5}, "least_spacing must be 1 or more, not 0.5"),
        ({"least_spacing": 500}, "longest_delay must be at least 500 s, as least_spacing is"),
        ({"growth": 0.5}, "growth must be 1 or more, not 0.5"),
        ({"settle": -1}, "settle must be 0 or more"),
        ({"spread": -1}, "spread must be 0 or more"),
        ({"stable_after": math.nan}, "stable_after must be 0 or more"),
        ({"dial_timeout": 0}, "dial_timeout must be more than 0"),
        ({"check_every": 0}, "check_every must be more than 0"),
        ({"credentials_every": 0}, "credentials_every must be more than 0"),
        ({"probe_every": 0}, "probe_every must be more than 0"),
        ({"probe_timeout": 0}, "probe_timeout must be more than 0"),
        ({"suspicious_tries": 0}, "suspicious_tries must be from 1"),
        ({"probe_failures": 0}, "probe_failures must be from 1"),
        ({"probe": "vpn.example.com"}, "it has no port"),
        ({"probe": "::1:443"}, "needs brackets"),
        ({"probe": "[vpn]:443"}, "no IPv6 address in the brackets"),
        ({"probe": ":443"}, "the host must be a name"),
        ({"probe": "a b:443"}, "the host must be a name"),
        ({"probe": "vpn:0"}, "the port must be a number from 1 to 65535"),
        ({"probe": "vpn:65536"}, "the port must be a number"),
        ({"probe": "vpn:\u0661"}, "the port must be a number"),
    ],
)
def test_a_policy_out_of_range_is_an_error(policy: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        KeepPolicy(**policy)  # type: ignore[arg-type]


async def is_true_unawaited(*_: object) -> bool:
    """Of a coroutine function: what it gives is true, whatever it would return."""
    return False


@pytest.mark.parametrize(
    "policy",
    [
        {"growth": "2"},
        {"longest_delay": None},
        {"suspicious_tries": 2.5},
        {"hang_up_at_end": 1},
        {"probe": 443},
        {"network": True},
        {"jitter": None},
        {"probe": is_true_unawaited},
        {"network": is_true_unawaited},
        {"jitter": is_true_unawaited},
    ],
)
def test_a_policy_of_the_wrong_type_is_an_error(policy: dict[str, object]) -> None:
    (name,) = policy
    with pytest.raises((TypeError, ValueError), match=f"^{name} must be"):
        KeepPolicy(**policy)  # type: ignore[arg-type]


@pytest.mark.parametrize("probe", ["vpn.example.com:443", "[fe80::1]:1", "192.0.2.1:65535", None])
def test_a_policy_in_range_is_taken(probe: str | None) -> None:
    assert KeepPolicy(probe=probe, longest_delay=600, probe_failures=1).longest_delay == 600.0


# ---- the first decision ----


def test_what_is_down_is_dialled_at_once() -> None:
    keeping = Keeping(is_up=None)
    decision = keeping.feed(Happened(What.began, is_up=False))
    assert (decision.action, decision.kind) == (Action.dial, KeepEventKind.dialling)
    assert decision.reason == "it is down, so it is dialled (attempt 1)"


def test_the_first_dial_of_many_computers_can_be_spread() -> None:
    """After a power cut they all start at once."""
    chance = random.Random(1)  # noqa: S311  not for secrets
    drawn = []
    for _ in range(500):
        keeping = Keeping(spread=60.0, chance=chance.random())
        assert not keeping.dials
        assert keeping.wait().action is Action.dial
        drawn.append(keeping.dials[0] - 1000.0)
    assert max(sum(second <= other < second + 1 for other in drawn) for second in range(60)) < 25
    assert min(drawn) < 1
    assert max(drawn) > 59


def test_the_first_dial_is_told_beforehand_and_only_the_first_is_late() -> None:
    keeping = Keeping(spread=600.0, is_up=None)
    decision = keeping.feed(What.began)
    assert (decision.kind, decision.seconds) == (KeepEventKind.waiting, 600.0)
    assert decision.reason == "it is down, so it is dialled in 600.0 s (attempt 1)"
    keeping.wait()
    assert keeping.feed(FAILED).seconds == 2.0


@pytest.mark.parametrize("happened", [What.resumed, What.service_lost, What.service_back])
def test_nothing_but_a_retry_brings_the_first_dial_forward(happened: What) -> None:
    """As RasMan, which may come up after it."""
    keeping = Keeping(spread=600.0)
    until = keeping.state.until
    assert until is not None
    keeping.feed(happened, 1)
    assert keeping.state.until is not None
    assert keeping.state.until >= until
    assert keeping.feed(What.retry, 1).action is Action.dial


def test_what_is_up_already_is_taken_as_it_is() -> None:
    """RasDial on a connected entry succeeds, and only refers to it: Microsoft's *RasDial*."""
    keeping = Keeping(is_up=True)
    assert keeping.state.phase is Phase.up
    assert not keeping.dials
    assert keeping.told == [KeepEventKind.connected]


def test_what_somebody_connects_while_it_waits_is_not_dialled() -> None:
    for first in (FAILED, NO_NETWORK):
        keeping = Keeping()
        keeping.feed(first)
        assert keeping.feed(CONNECTED).action is Action.watch
        assert keeping.feed(What.time, 1000).action is Action.go_on
        assert len(keeping.dials) == 1


def test_credentials_are_asked_for_before_the_first_dial_and_not_before_each() -> None:
    keeping = Keeping(asks=True)
    assert keeping.state.phase is Phase.asking
    assert not keeping.told
    assert keeping.give(1).action is Action.dial
    keeping.feed(FAILED)
    assert keeping.wait().action is Action.dial


def test_the_time_that_is_not_come_changes_nothing() -> None:
    keeping = Keeping()
    keeping.feed(FAILED)
    assert keeping.feed(What.time, 0.5).action is Action.go_on
    assert len(keeping.dials) == 1


# ---- spacing ----


def test_two_dials_begin_a_second_apart_whoever_asks() -> None:
    keeping = Keeping(chance=0.0)
    decision = keeping.feed(FAILED)
    assert decision.seconds == 1.0
    decision = keeping.feed(What.retry, 0.25)
    assert (decision.action, decision.until, decision.kind) == (
        Action.go_on,
        keeping.now + 0.75,
        None,
    )
    keeping.wait()
    assert keeping.feed(FAILED, 5).seconds == 0.0
    assert keeping.feed(What.retry).action is Action.dial
    assert [b - a for a, b in itertools.pairwise(keeping.dials)] == [1.0, 5.0]


def test_a_policy_can_space_dials_wider() -> None:
    keeping = Keeping(chance=0.0, least_spacing=30.0)
    assert keeping.feed(FAILED, 10).seconds == 20.0
    assert keeping.feed(What.retry).until == keeping.now + 20.0


def test_who_keeps_once_more_spaces_from_the_dial_before() -> None:
    before = Keeping()
    before.feed(What.stop)
    keeping = Keeping(is_up=None)
    keeping.state = replace(keeping.state, dialled=before.state.dialled)
    keeping.now = before.now + 0.25
    assert keeping.feed(What.began).seconds == 0.75


def test_who_takes_over_does_not_dial_at_once_because_the_other_may_just_have() -> None:
    keeping = Keeping(is_up=None)
    assert keeping.feed(What.claimed_by_another).action is Action.stand_by
    assert keeping.feed(What.began, 3600).seconds == 1.0
    assert keeping.wait().action is Action.dial


@pytest.mark.parametrize("code", [678, 628, 1062, 868])
def test_who_takes_over_dials_if_what_the_other_failed_with_may_pass(code: int) -> None:
    keeping = Keeping(is_up=None)
    keeping.feed(What.claimed_by_another)
    assert keeping.feed(Happened(What.began, code), 3600).seconds == 1.0


@pytest.mark.parametrize("waits", [False, True])
def test_who_takes_over_does_not_dial_with_what_the_other_was_refused(*, waits: bool) -> None:
    keeping = Keeping(is_up=None, wait_for_credentials=waits)
    keeping.feed(What.claimed_by_another)
    decision = keeping.feed(Happened(What.began, 691, "ERROR_AUTHENTICATION_FAILURE"), 3600)
    assert decision.action is (Action.wait if waits else Action.raise_)
    assert "another keeper has failed with 691 ERROR_AUTHENTICATION_FAILURE" in decision.reason
    assert not keeping.dials
    if waits:
        assert keeping.feed(What.retry).action is Action.dial


# ---- refusals ----


def test_refused_credentials_end_it() -> None:
    keeping = Keeping()
    decision = keeping.feed(REFUSED)
    assert (decision.action, decision.kind) == (Action.raise_, KeepEventKind.stopped)
    assert "691 ERROR_AUTHENTICATION_FAILURE" in decision.reason


@pytest.mark.parametrize("code", [703, 13801, 789, 5, 0x80092013, 734, 1060])
def test_certificates_settings_and_rights_end_it_too(code: int) -> None:
    keeping = Keeping()
    assert keeping.feed(Happened(What.failed, code)).action is Action.raise_
    waiting = Keeping(wait_for_credentials=True)
    assert waiting.feed(Happened(What.failed, code)).kind is KeepEventKind.refused


@pytest.mark.parametrize("code", [623, 120, 126, 127, 1058, 0x80070422])
def test_what_waiting_for_credentials_cannot_mend_ends_it(code: int) -> None:
    """The entry was deleted, or there is no RAS, or RasMan is disabled."""
    keeping = Keeping(asks=True, wait_for_credentials=True)
    keeping.give(1)
    assert keeping.feed(Happened(What.failed, code)).action is Action.raise_


@pytest.mark.parametrize(
    "code",
    [*itertools.chain(*TRANSIENT.values()), 6, 631, 668, 711, 817, 11001, 0x80072AF9],
)
def test_what_may_pass_is_dialled_again(code: int) -> None:
    keeping = Keeping()
    keeping.feed(Happened(What.failed, code))
    assert keeping.wait().action is Action.dial


def test_refused_credentials_are_not_dialled_again() -> None:
    keeping = Keeping(wait_for_credentials=True)
    decision = keeping.feed(REFUSED)
    assert (decision.kind, decision.until) == (KeepEventKind.refused, None)
    for happened in (What.time, What.service_back, What.network_back, What.resumed, FAILED):
        keeping.feed(happened, 1e6)
    assert len(keeping.dials) == 1


def test_a_retry_dials_once_with_what_was_refused() -> None:
    keeping = Keeping(wait_for_credentials=True)
    keeping.feed(REFUSED)
    assert keeping.feed(What.retry, 10).action is Action.dial
    assert keeping.feed(REFUSED).kind is KeepEventKind.refused
    assert keeping.feed(What.time, 1e6).action is Action.go_on


def test_others_are_asked_for_at_once_and_then_again_and_again() -> None:
    keeping = Keeping(asks=True, wait_for_credentials=True, credentials_every=60.0)
    keeping.give(1)
    assert keeping.feed(REFUSED).action is Action.ask_credentials
    for _ in range(5):
        assert keeping.give(1).until == keeping.now + 60.0
        assert keeping.wait().action is Action.ask_credentials
    keeping.give(2)
    assert keeping.wait().action is Action.dial
    assert keeping.told.count(KeepEventKind.refused) == 1


def test_each_credentials_are_dialled_once_even_if_others_were_between() -> None:
    keeping = Keeping(asks=True, wait_for_credentials=True)
    keeping.give(1)
    for others in (2, 3):
        keeping.feed(REFUSED)
        keeping.give(others)
        keeping.wait()
    keeping.feed(REFUSED)
    for others in (1, 2, 3):
        assert keeping.give(others).action is Action.wait
        keeping.wait()
    assert len(keeping.dials) == 3


def test_others_are_dialled_with_the_backoff_however_fast_they_come() -> None:
    """A callable that goes through a list must not lock the account within seconds."""
    keeping = Keeping(asks=True, wait_for_credentials=True)
    keeping.give(1)
    for others in range(2, 12):
        keeping.feed(REFUSED)
        keeping.give(others)
        keeping.wait()
    assert keeping.dials[-1] - keeping.dials[0] > 600


def test_a_retry_asks_first_and_then_dials_even_with_what_was_refused() -> None:
    keeping = Keeping(asks=True, wait_for_credentials=True)
    keeping.give(1)
    keeping.feed(REFUSED)
    keeping.give(1)
    assert keeping.feed(What.retry, 10).action is Action.ask_credentials
    assert keeping.give(1).action is Action.dial
    keeping.feed(REFUSED)
    assert keeping.give(1).action is Action.wait


def test_a_retry_while_its_caller_is_asked_counts() -> None:
    keeping = Keeping(asks=True, wait_for_credentials=True)
    keeping.give(1)
    keeping.feed(REFUSED)
    assert keeping.feed(What.retry, 10).action is Action.go_on
    assert keeping.give(1).action is Action.dial


def test_a_retry_allows_what_is_given_and_nothing_else() -> None:
    keeping = Keeping(asks=True, wait_for_credentials=True)
    keeping.give(1)
    keeping.feed(REFUSED)
    keeping.give(2)
    keeping.wait()
    keeping.feed(REFUSED)
    keeping.give(2)
    keeping.feed(What.retry, 100)
    assert keeping.give(2).action is Action.dial
    keeping.feed(REFUSED)
    keeping.give(1)
    assert keeping.state.phase is Phase.refused


SEEN_UP = (CONNECTED, Happened(What.began, is_up=True))


@pytest.mark.parametrize("seen", SEEN_UP)
def test_who_connects_it_lifts_the_refusal_of_what_is_saved_for_one_dial(seen: Happened) -> None:
    """Other credentials may be saved by now; RasDial takes those: Microsoft's *RasDial*."""
    keeping = Keeping(wait_for_credentials=True)
    keeping.feed(REFUSED)
    assert keeping.feed(seen, 3600).kind is KeepEventKind.connected
    keeping.feed(DROPPED, 3600)
    assert keeping.wait().action is Action.dial
    assert keeping.feed(REFUSED).kind is KeepEventKind.refused
    for happened in (What.time, What.service_back, What.network_back, What.resumed, FAILED):
        keeping.feed(happened, 1e6)
    assert len(keeping.dials) == 2


def test_it_does_so_too_for_who_stands_by_meanwhile() -> None:
    keeping = Keeping(wait_for_credentials=True)
    keeping.feed(REFUSED)
    keeping.feed(Happened(What.claimed_by_another, is_up=True), 10)
    keeping.feed(What.began, 3600)
    assert keeping.wait().action is Action.dial


def test_a_line_that_comes_and_goes_locks_no_account() -> None:
    """Whoever connects it with other credentials: three refused dials in all, up to a success."""
    keeping = Keeping(wait_for_credentials=True)
    keeping.feed(REFUSED)
    for _ in range(100):
        keeping.feed(CONNECTED, 600)
        keeping.feed(DROPPED, 600)
        if keeping.state.phase is Phase.waiting:
            keeping.wait()
            keeping.feed(REFUSED)
    assert len(keeping.dials) == 3


def test_refusals_are_counted_up_to_a_dial_that_succeeds() -> None:
    keeping = Keeping(wait_for_credentials=True)
    for _ in range(10):
        keeping.feed(REFUSED)
        keeping.feed(CONNECTED, 10)
        keeping.feed(DROPPED, 100)
        assert keeping.wait().action is Action.dial
        keeping.feed(CONNECTED)
        keeping.feed(DROPPED, 100)
        keeping.wait()
    assert len(keeping.dials) == 21


def test_a_connection_that_is_found_when_it_is_dialled_is_no_success_of_its_own() -> None:
    keeping = Keeping(wait_for_credentials=True)
    keeping.fails(SUSPICIOUS, 2)
    keeping.wait()
    decision = keeping.feed(Happened(What.connected, is_up=True))
    assert (decision.action, keeping.state.suspicious) == (Action.watch, 2)
    assert "another program has dialled it" in decision.reason


def test_credentials_that_are_given_stay_refused_while_somebody_else_keeps_it_up() -> None:
    keeping = Keeping(is_up=None, wait_for_credentials=True)
    keeping.state = replace(keeping.state, is_fixed=True)
    keeping.feed(What.began)
    keeping.feed(REFUSED)
    assert keeping.feed(CONNECTED).kind is KeepEventKind.connected
    decision = keeping.feed(DROPPED, 3600)
    assert (decision.action, decision.kind) == (Action.wait, KeepEventKind.dropped)
    assert keeping.state.phase is Phase.refused
    assert len(keeping.dials) == 1


def test_what_comes_too_late_is_not_dialled_if_it_was_refused() -> None:
    keeping = Keeping(asks=True, wait_for_credentials=True)
    keeping.give(1)
    keeping.feed(REFUSED)
    keeping.feed(CONNECTED)
    keeping.give(1)
    keeping.feed(DROPPED, 100)
    assert keeping.state.phase is Phase.asking


# ---- what may be a refused password ----


@pytest.mark.parametrize("code", [619, 628, 629])
def test_after_three_suspicious_failures_the_longest_delay_passes(code: int) -> None:
    """Windscribe's client tries again after 628 and 629; a refused password looks so too."""
    keeping = Keeping(chance=0.0)
    decision = keeping.fails(Happened(What.failed, code), 3)
    assert decision.seconds == keeping.policy.longest_delay
    assert "may be a refused password" in decision.reason
    for _ in range(10):
        keeping.wait()
        assert keeping.feed(SUSPICIOUS, 20).seconds == keeping.policy.longest_delay - 20


@pytest.mark.parametrize("happened", [What.resumed, What.service_lost, What.service_back])
def test_nothing_but_a_retry_shortens_that(happened: What) -> None:
    keeping = Keeping()
    keeping.fails(SUSPICIOUS, 3)
    keeping.feed(What.service_lost, 1)
    keeping.feed(happened, 1)
    assert keeping.wait().action is Action.dial
    assert keeping.dials[-1] - keeping.dials[-2] >= keeping.policy.longest_delay
    keeping.feed(SUSPICIOUS)
    assert keeping.feed(What.retry, 1).action is Action.dial


@pytest.mark.parametrize(("code", "name"), [(718, "ERROR_PPP_TIMEOUT"), (1460, "ERROR_TIMEOUT")])
def test_a_timeout_in_the_midst_of_authentication_is_as_suspicious(code: int, name: str) -> None:
    """A server that takes longer to refuse a password than the dial may take never tells 691."""
    late = Happened(What.failed, code, name, is_authenticating=True)
    keeping = Keeping(chance=0.0)
    assert keeping.fails(late, 3).seconds == keeping.policy.longest_delay
    keeping = Keeping(chance=0.0)
    assert keeping.fails(replace(late, is_authenticating=False), 3).seconds == 1.0
    keeping = Keeping(chance=0.0)
    assert keeping.fails(replace(FAILED, is_authenticating=True), 3).seconds == 1.0


def test_other_failures_between_do_not_make_it_less_suspicious() -> None:
    keeping = Keeping()
    for how in (SUSPICIOUS, FAILED, SUSPICIOUS, NO_NETWORK):
        keeping.fails(how)
        keeping.wait()
    assert keeping.feed(SUSPICIOUS).seconds == keeping.policy.longest_delay


def test_having_been_up_or_other_credentials_make_it_unsuspicious() -> None:
    keeping = Keeping()
    keeping.fails(SUSPICIOUS, 2)
    keeping.wait()
    keeping.feed(CONNECTED)
    assert keeping.state.suspicious == 0
    keeping = Keeping(asks=True)
    keeping.give(1)
    keeping.fails(SUSPICIOUS, 2)
    keeping.give(1)
    assert keeping.state.suspicious == 2
    keeping.give(2)
    assert keeping.state.suspicious == 0


def test_what_somebody_else_has_dialled_says_nothing_of_these_credentials() -> None:
    keeping = Keeping()
    keeping.fails(SUSPICIOUS, 3)
    keeping.feed(CONNECTED)
    assert keeping.state.suspicious == 3


# ---- backoff ----


def test_the_delay_doubles_up_to_the_longest() -> None:
    keeping = Keeping(longest_delay=300.0)
    delays = [keeping.fails(FAILED).seconds]
    while len(delays) < 12:
        keeping.wait()
        delays.append(keeping.feed(FAILED).seconds)
    assert delays == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]


def test_however_often_it_fails_the_delay_is_a_number() -> None:
    keeping = Keeping()
    keeping.state = replace(keeping.state, attempt=10**9)
    assert keeping.feed(FAILED).seconds == keeping.policy.longest_delay


def test_the_delay_is_drawn_evenly_from_0() -> None:
    """Full jitter: its mean is half of the longest, and every part of the range is met."""
    chance = random.Random(1)  # noqa: S311  not for secrets
    drawn = []
    for _ in range(10_000):
        keeping = up(chance=chance.random(), first_delay=100.0)
        keeping.now += 100
        seconds = keeping.feed(DROPPED).seconds
        assert seconds is not None
        drawn.append(seconds)
    assert sum(drawn) / len(drawn) == pytest.approx(50, rel=0.02)
    tenths = [int(seconds // 10) for seconds in drawn]
    assert all(800 < tenths.count(tenth) < 1200 for tenth in range(10))


def test_after_a_stable_time_it_begins_with_the_first_delay() -> None:
    keeping = Keeping()
    keeping.fails(FAILED, 5)
    keeping.wait()
    keeping.feed(CONNECTED)
    assert keeping.feed(DROPPED, 60.0).seconds == 1.0


def test_a_connection_that_drops_at_once_is_dialled_ever_later() -> None:
    keeping, delays = Keeping(), []
    for _ in range(5):
        keeping.feed(CONNECTED)
        delays.append(keeping.feed(DROPPED, 59.9).seconds)
        keeping.wait()
    assert delays == [2, 4, 8, 16, 32]


def test_attempts_are_counted_since_it_was_stable() -> None:
    keeping = Keeping()
    keeping.fails(FAILED, 3)
    assert "(attempt 4)" in keeping.wait().reason
    keeping.feed(CONNECTED)
    assert "(attempt 1)" in keeping.feed(DROPPED, 60.0).reason


@pytest.mark.parametrize("chance", [-0.1, 1.1, math.nan])
def test_a_jitter_out_of_range_is_an_error(chance: float) -> None:
    with pytest.raises(ValueError, match="jitter must give a number from 0 to 1"):
        Keeping(chance=chance)


# ---- sleep, RasMan, the network ----


def test_after_sleep_it_settles_and_the_backoff_begins_anew() -> None:
    keeping = Keeping()
    keeping.fails(FAILED, 8)
    decision = keeping.feed(Happened(What.resumed, seconds=3600.0), 10)
    assert decision.kind is KeepEventKind.resumed
    assert decision.seconds == 2.0 + 1.0
    assert "3600.0 s" in decision.reason
    assert "(attempt 1)" in keeping.wait().reason


def test_a_connection_that_outlived_the_sleep_is_probed_soon() -> None:
    keeping = up(probe="[::1]:443")
    assert keeping.feed(What.resumed, 1).until == keeping.now + 2.0
    assert keeping.wait().action is Action.probe


def test_nothing_is_dialled_while_rasman_is_gone_before_the_delay_is_over() -> None:
    """Then it is: RasMan starts when RAS is used (Microsoft's *RAS Connection Operations*)."""
    keeping = up()
    decision = keeping.feed(Happened(What.service_lost, 1722, "RPC_S_SERVER_UNAVAILABLE"), 100)
    assert decision.kind is KeepEventKind.service_lost
    assert decision.seconds == 2.0 + 1.0
    assert keeping.feed(DROPPED).action is Action.go_on
    assert keeping.feed(What.service_lost).action is Action.go_on
    assert keeping.wait().action is Action.dial


def test_when_rasman_is_back_it_settles() -> None:
    keeping = Keeping()
    keeping.fails(FAILED, 8)
    assert keeping.feed(What.service_lost).seconds == 256 + 2
    assert keeping.feed(What.service_back, 10).seconds == 2.0 + 1.0
    assert keeping.wait().action is Action.dial


def test_a_rasman_that_crashes_at_each_dial_is_dialled_ever_later() -> None:
    """But for what it has been given to settle, as after other failures."""
    keeping, delays = Keeping(longest_delay=300.0), []
    for _ in range(11):
        keeping.feed(Happened(What.failed, 1722, "RPC_S_SERVER_UNAVAILABLE"), 0.1)
        keeping.feed(What.service_lost)
        delays.append(keeping.feed(What.service_back, 0.1).seconds)
        keeping.wait()
    expected = [2 + seconds for seconds in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300)]
    assert delays == pytest.approx(expected)
    keeping.feed(CONNECTED)
    keeping.feed(Happened(What.service_lost, 1722), 59)
    assert keeping.feed(What.service_back).seconds == pytest.approx(302)
    keeping.feed(CONNECTED)
    keeping.feed(What.service_lost, 60)
    assert keeping.feed(What.service_back).seconds == pytest.approx(3)


def test_without_a_route_it_waits_for_one() -> None:
    keeping = Keeping()
    decision = keeping.feed(NO_NETWORK)
    assert (decision.kind, decision.seconds) == (KeepEventKind.network_lost, 300.0)
    assert keeping.state.phase is Phase.offline
    decision = keeping.feed(What.network_back, 100)
    assert (decision.kind, decision.seconds) == (KeepEventKind.network_back, 2.0 + 1.0)


def test_but_no_longer_than_the_longest_delay() -> None:
    keeping = Keeping()
    keeping.feed(NO_NETWORK)
    assert keeping.wait().action is Action.dial
    assert keeping.dials[1] - keeping.dials[0] == 300.0


def test_with_a_route_or_another_error_it_does_not_wait_for_one() -> None:
    for how in (replace(NO_NETWORK, has_network=True), replace(FAILED, has_network=False)):
        keeping = Keeping()
        assert keeping.feed(how).kind is KeepEventKind.failed


# ---- hung up on purpose ----


def test_what_somebody_hangs_up_is_dialled_unless_the_policy_respects_that() -> None:
    assert up().feed(HUNG_UP_BY_USER, 100).kind is KeepEventKind.dropped
    keeping = up(respect_hang_up=True)
    assert keeping.feed(DROPPED, 100).kind is KeepEventKind.dropped
    keeping = up(respect_hang_up=True)
    decision = keeping.feed(HUNG_UP_BY_USER, 100)
    assert (decision.kind, decision.until) == (KeepEventKind.left_down, None)
    for happened in (What.time, What.service_lost, What.service_back, What.resumed):
        keeping.feed(happened, 1e6)
    assert len(keeping.dials) == 1


def test_a_dial_that_somebody_hangs_up_is_left_down_too() -> None:
    keeping = Keeping(respect_hang_up=True)
    assert keeping.feed(Happened(What.failed, 631)).kind is KeepEventKind.left_down


@pytest.mark.parametrize("how", [CONNECTED, Happened(What.began, is_up=True)])
def test_who_connects_it_brings_it_back_to_life(how: Happened) -> None:
    keeping = up(respect_hang_up=True)
    keeping.feed(HUNG_UP_BY_USER, 100)
    assert keeping.feed(how).kind is KeepEventKind.connected
    keeping.feed(DROPPED, 100)
    assert keeping.wait().action is Action.dial


def test_a_retry_brings_it_back_to_life() -> None:
    keeping = up(respect_hang_up=True)
    keeping.feed(HUNG_UP_BY_USER, 100)
    assert keeping.feed(What.retry, 1).action is Action.dial


# ---- probes ----


def test_what_is_up_is_probed_soon_and_then_from_time_to_time() -> None:
    keeping = up(probe="[::1]:443", probe_every=60.0)
    assert keeping.state.until == keeping.now + 5.0
    assert keeping.wait().action is Action.probe
    assert keeping.feed(HEALTHY, 1).until == keeping.now + 60.0


def test_without_a_probe_up_is_enough() -> None:
    keeping = up()
    assert keeping.state.until is None
    assert keeping.feed(What.time, 1e6).action is Action.go_on


def test_after_three_failed_probes_it_is_hung_up_and_dialled() -> None:
    keeping = up(probe="[::1]:443", stable_after=1.0)
    keeping.wait()
    for failed in (1, 2):
        decision = keeping.feed(DEAD)
        assert (decision.kind, decision.until) == (KeepEventKind.unhealthy, keeping.now + 5.0)
        assert decision.reason == f"probe {failed} of 3 has failed: nothing answers"
        assert keeping.wait().action is Action.probe
    assert keeping.feed(DEAD).action is Action.hang_up
    assert keeping.feed(DROPPED).action is Action.go_on
    assert keeping.feed(What.hung_up).seconds == 2.0
    assert keeping.wait().action is Action.dial
    keeping.feed(CONNECTED)
    keeping.wait()
    assert "probe 1 of 3" in keeping.feed(DEAD).reason


def test_only_failures_in_a_row_count() -> None:
    keeping = up(probe="[::1]:443")
    for answer in (DEAD, DEAD, HEALTHY) * 5:
        keeping.wait()
        assert keeping.feed(answer).action is Action.watch


def test_a_tunnel_that_has_never_worked_was_not_stable() -> None:
    keeping = up(probe="[::1]:443", stable_after=10.0)
    for _ in range(3):
        keeping.wait()
        keeping.feed(DEAD)
    assert keeping.feed(What.hung_up).seconds == 2.0
    keeping = up(probe="[::1]:443", stable_after=10.0)
    for answer in (HEALTHY, HEALTHY, DEAD, DEAD, DEAD):
        keeping.wait()
        keeping.feed(answer)
    assert keeping.feed(What.hung_up).seconds == 1.0


def test_what_is_known_to_be_up_does_not_come_up() -> None:
    """Nor does what is being hung up: that has not ended yet."""
    keeping = up(probe="[::1]:443", probe_failures=2)
    keeping.wait()
    keeping.feed(DEAD)
    for happened in (CONNECTED, Happened(What.began, is_up=True)):
        before = keeping.state
        assert keeping.feed(happened, 1).action is Action.go_on
        assert keeping.state == before
    keeping.wait()
    keeping.feed(DEAD)
    assert keeping.feed(CONNECTED).action is Action.go_on
    assert keeping.state.phase is Phase.hanging_up


def test_a_hang_up_that_fails_is_told_and_it_goes_on() -> None:
    keeping = up(probe="[::1]:443", probe_failures=1)
    keeping.wait()
    keeping.feed(DEAD)
    decision = keeping.feed(Happened(What.hung_up, 1460, "ERROR_TIMEOUT"))
    assert "hang-up has failed with 1460 ERROR_TIMEOUT" in decision.reason
    assert keeping.wait().action is Action.dial


def test_an_answer_after_the_drop_changes_nothing() -> None:
    keeping = up(probe="[::1]:443", probe_failures=1)
    keeping.wait()
    keeping.feed(DROPPED)
    before = keeping.state
    assert keeping.feed(DEAD).action is Action.go_on
    assert keeping.state == before


# ---- two keepers, and the end ----


def test_who_stands_by_does_nothing_whatever_happens() -> None:
    keeping = Keeping(is_up=None)
    assert keeping.feed(What.claimed_by_another).kind is KeepEventKind.standing_by
    for what in set(What) - {What.began, What.stop}:
        assert keeping.feed(Happened(what, credentials=1), 100).action is Action.go_on
    assert keeping.state.phase is Phase.standing_by
    assert keeping.feed(Happened(What.began, is_up=True)).kind is KeepEventKind.connected


@pytest.mark.parametrize("phase", Phase)
def test_a_stop_wins_and_nothing_follows(phase: Phase) -> None:
    keeping = Keeping(is_up=None, probe="[::1]:443")
    keeping.state = KeepState(phase=phase, until=keeping.now)
    decision = keeping.feed(What.stop)
    if phase is not Phase.over:
        assert (decision.action, decision.kind) == (Action.stop, KeepEventKind.stopped)
    for what in What:
        assert keeping.feed(what, 100).action is Action.go_on
    assert len(keeping.told) == (phase is not Phase.over)


def test_the_end_says_why() -> None:
    decision = Keeping().feed(Happened(What.stop, text="the time is over"))
    assert decision.reason == "the time is over"


# ---- weeks of it ----

PHASES_THAT_WAIT_FOR_OTHERS = {Phase.refused, Phase.left_down}
DEAF_TO_RETRY = {Phase.beginning, Phase.standing_by, Phase.dialling, Phase.up, Phase.hanging_up}
CODES = (809, 868, 633, 628, 619, 691, 703, 623, 6, 631, 1722, 13801, 0x800702B3)


class Walk:
    """Happenings at random, likely and unlikely ones, and what must hold after each."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  not for secrets
        choose = self.random.choice
        self.policy = KeepPolicy(
            longest_delay=choose((20.0, 300.0)),
            growth=choose((1.0, 1.5, 2.0, 10.0)),
            least_spacing=choose((1.0, 7.0)),
            stable_after=choose((0.0, 60.0)),
            settle=choose((0.0, 2.0)),
            spread=choose((0.0, 15.0)),
            suspicious_tries=choose((1, 3)),
            wait_for_credentials=True,
            respect_hang_up=choose((False, True)),
            probe=choose((None, "[::1]:443")),
        )
        self.now = 0.0
        self.steps = self.dials = 0
        self.phases: set[Phase] = set()
        self.begin()

    def begin(self) -> None:
        """A new keeper, as after its end."""
        last = self.now - 100 if not self.dials else self.state.dialled
        given = self.random.choice(({}, {"asks": True}, {"is_fixed": True}))
        self.state = KeepState(dialled=last, **given)
        self.last_dial = last
        self.is_up = self.is_other = False
        self.credentials = 0
        self.refused: set[int] = set()
        self.refusals = 0
        self.suspicious = 0
        self.was_retried = False

    def step(self) -> None:
        happened = self.likely() if self.random.random() < 0.8 else self.anything()
        before = self.state
        chance = self.random.random()
        self.state, decision = decide(self.policy, before, happened, self.now, chance)
        self.steps += 1
        self.phases.add(self.state.phase)
        self.follow(before, happened)
        self.check(before, decision)
        if self.state.phase is Phase.over:
            self.begin()

    def likely(self) -> Happened:  # noqa: PLR0911  one for each phase
        """What comes of what was decided."""
        state, chance = self.state, self.random.random()
        match state.phase:
            case Phase.beginning:
                return Happened(What.began, is_up=chance < 0.5)
            case Phase.dialling:
                self.now += self.random.expovariate(1)
                return CONNECTED if chance < 0.5 else self.any_failure()
            case Phase.asking:
                return Happened(What.credentials, credentials=self.random.randint(1, 5))
            case Phase.hanging_up:
                return Happened(What.hung_up)
            case Phase.up if state.until is None and self.policy.probe is not None:
                return Happened(What.probed, is_healthy=chance < 0.7)
            case Phase.up if chance < 0.3 or state.until is None:
                self.now += self.random.expovariate(1 / 300)
                return HUNG_UP_BY_USER if chance < 0.05 else Happened(What.dropped)
            case Phase.standing_by:
                self.now += self.random.expovariate(1 / 300)
                return Happened(What.began, is_up=chance < 0.5)
        if state.until is not None:
            self.now = max(self.now, state.until)
            return Happened(What.time)
        return self.anything()

    def anything(self) -> Happened:
        """What may come at any time, and what should not; often at the very same moment."""
        self.now += self.random.choice((0, self.random.random(), self.random.expovariate(1 / 60)))
        what = self.random.choice([*set(What) - {What.stop, What.failed}, What.failed])
        if what is What.failed:
            return self.any_failure()
        flags = [self.random.random() < 0.5 for _ in range(3)]
        return Happened(
            what,
            is_up=flags[0],
            code=HUNG_UP_BY_USER.code if flags[1] else 0,
            is_healthy=flags[2],
            credentials=self.random.randint(1, 5),
        )

    def any_failure(self) -> Happened:
        has_network = self.random.random() < 0.5
        return Happened(What.failed, self.random.choice(CODES), has_network=has_network)

    # One branch for each kind.
    def follow(self, before: KeepState, happened: Happened) -> None:  # noqa: C901, PLR0912
        """What is true in the world, without a look at how the machine remembers it."""
        match happened.what:
            case What.connected if before.phase is Phase.dialling and not happened.is_up:
                self.is_up = True
                self.suspicious = self.refusals = 0
            case What.connected:
                self.is_up = True
                self.see_others(before)
            case What.began if before.phase is Phase.dialling:
                self.is_up = happened.is_up
            case What.dropped | What.hung_up | What.service_lost:
                self.is_up = False
            case What.began:
                self.is_other = False
                self.is_up = happened.is_up
                if self.is_up:
                    self.see_others(before)
            case What.claimed_by_another:
                self.is_other = True
                if happened.is_up:
                    self.see_others(before)
            case What.retry if before.phase not in DEAF_TO_RETRY:
                self.refused.clear()
                self.was_retried = True
            case What.credentials:
                if happened.credentials != self.credentials:
                    self.suspicious = 0
                self.credentials = happened.credentials
            case What.failed if before.phase is Phase.dialling:
                if happened.code in (691, 703, 13801, 0x800702B3):
                    self.refused.add(self.credentials)
                    self.refusals += 1
                if happened.code in (628, 619):
                    self.suspicious += 1

    def see_others(self, before: KeepState) -> None:
        if not (before.asks or before.is_fixed) and self.refusals < 3:
            self.refused.clear()

    def check(self, before: KeepState, decision: Decision) -> None:
        if decision.action is Action.dial:
            spacing = self.policy.least_spacing
            if self.suspicious >= self.policy.suspicious_tries and not self.was_retried:
                spacing = self.policy.longest_delay
            assert self.now - self.last_dial >= spacing - 1e-6
            assert not self.is_up
            assert not self.is_other
            assert before.phase is not Phase.dialling
            assert self.credentials not in self.refused
            self.last_dial = self.now
            self.was_retried = False
            self.dials += 1
        waits_for_others = self.state.phase in PHASES_THAT_WAIT_FOR_OTHERS
        if decision.action is Action.wait and not waits_for_others:
            assert decision.until is not None
            longest = self.policy.longest_delay + self.policy.settle
            assert 0 <= decision.until - self.now <= longest + 1e-6
        if decision.kind:
            assert re.fullmatch(r"[^\n.]+([.]\d[^\n.]*)*", decision.reason)
        assert (decision.seconds is None) == ("dialled in" not in decision.reason)
        assert decision.action is not Action.go_on or self.state.phase is before.phase


def test_weeks_at_random() -> None:
    """Spaced; no dial of what is up, is another's or was refused; no wait without an end."""
    walks = [Walk(seed) for seed in range(10)]
    for walk in walks:
        while walk.steps < 4000 or walk.now < 7 * 86400:
            walk.step()
    assert set().union(*(walk.phases for walk in walks)) == set(Phase)
    assert sum(walk.dials for walk in walks) > 10_000


def test_from_wherever_it_is_something_leads_to_a_dial() -> None:
    freed: dict[Phase, int] = {}
    for seed in range(100, 108):
        walk = Walk(seed)
        for _ in range(2000):
            walk.step()
            phase = walk.state.phase
            if phase is Phase.over or freed.get(phase, 0) > 100:
                continue
            freed[phase] = freed.get(phase, 0) + 1
            keeping = Keeping(is_up=None)
            keeping.policy, keeping.state, keeping.now = walk.policy, walk.state, walk.now
            assert leads_to_a_dial(keeping), walk.state
    assert set(freed) == set(Phase) - {Phase.over}


def leads_to_a_dial(keeping: Keeping) -> bool:
    way_out = {
        Phase.beginning: Happened(What.began),
        Phase.standing_by: Happened(What.began),
        Phase.asking: Happened(
            What.credentials, credentials=max(keeping.state.refused, default=0) + 1
        ),
        Phase.dialling: Happened(What.failed, 809),
        Phase.up: DROPPED,
        Phase.hanging_up: Happened(What.hung_up),
        Phase.refused: Happened(What.retry),
        Phase.left_down: Happened(What.retry),
    }
    for _ in range(6):
        phase = keeping.state.phase
        decision = keeping.feed(way_out[phase]) if phase in way_out else keeping.wait()
        if decision.action is Action.dial:
            return True
    return False
