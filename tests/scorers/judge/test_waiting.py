"""How long providers ask to be left alone, in the forms that they use."""

from __future__ import annotations

import json
import time
from email.utils import formatdate

import httpx
import pytest

from scorers.judge.waiting import retry_after

#: Google behind its OpenAI-compatible path: a list of one error, the delay among its details.
GOOGLE = [
    {
        "error": {
            "code": 429,
            "message": "Quota exceeded.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "38s"}],
        }
    }
]


def wait(body: object = None, **headers: str) -> float:
    """What a refusal with these headers says."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return retry_after(httpx.Headers(named), json.dumps(body).encode() if body is not None else b"")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
        ({"retry_after_ms": "soon", "retry_after": "9"}, 9.0),
        ({"retry_after": "1m30s"}, 90.0),
        ({"retry_after": "1e9"}, 120.0),
        ({"retry_after": "-4"}, 0.05),
        ({"retry_after": "nan"}, 1.0),
        ({"retry_after": "later"}, 1.0),
        ({}, 1.0),
    ],
)
def test_headers(headers: dict[str, str], seconds: float) -> None:
    """Numbers within bounds; what cannot be read hides nothing that can; one second where nothing is said."""
    assert wait(**headers) == pytest.approx(seconds)


def test_a_date() -> None:
    """As HTTP writes it; one that is over is now."""
    assert wait(retry_after=formatdate(time.time() + 30, usegmt=True)) == pytest.approx(30, abs=3)
    assert wait(retry_after=formatdate(time.time() - 30, usegmt=True)) == 0.05


@pytest.mark.parametrize("ahead", [-3_600, 3_600])
def test_a_date_by_the_clock_of_the_provider(ahead: float) -> None:
    """It goes by the date of the answer, where there is one: our clock, or theirs, may be off by an hour."""
    theirs = time.time() + ahead
    date, until = formatdate(theirs, usegmt=True), formatdate(theirs + 30, usegmt=True)
    assert wait(retry_after=until, date=date) == pytest.approx(30, abs=3)
    soon = formatdate(time.time() + 30, usegmt=True)
    for useless in ("soon", "Mon, 30 Nov 2026 22:00:00"):  # no date, and one without a zone
        assert wait(retry_after=soon, date=useless) == pytest.approx(30, abs=3)


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (GOOGLE, 38.0),
        ({"error": {"message": "Rate limit reached for lamps. Please try again in 1m2.5s. Visit us."}}, 62.5),
        ({"error": {"message": "Rate limit reached. Please try again in 250ms."}}, 0.25),
        ({"error": {"message": "Exceeded the rate limit. Please retry after 6 seconds."}}, 6.0),
        ({"error": {"message": "Too many. Please try again in 2 minutes."}}, 120.0),
        ({"error": {"message": "Try again in a moment."}}, 1.0),
    ],
)
def test_what_only_the_body_says(body: object, seconds: float) -> None:
    """A header comes first, where there is one that can be read."""
    assert wait(body) == pytest.approx(seconds)
    assert wait(body, retry_after="3") == 3.0


def test_quotas_of_which_nothing_is_left() -> None:
    """The longest of them; one of which something is left does not count."""
    spent = {"x_ratelimit_remaining_requests": "0", "x_ratelimit_reset_requests": "6s"}
    assert wait(**spent) == 6.0
    both = {**spent, "x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "1m1s"}
    assert wait(**both) == 61.0
    assert wait(**{**both, "x_ratelimit_remaining_tokens": "40"}) == 6.0
