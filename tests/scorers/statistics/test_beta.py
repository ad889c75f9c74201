"""Quantiles of the beta distribution against closed forms."""

from __future__ import annotations

import pytest

from scorers.statistics.beta import beta_cdf, beta_quantile, share_upper


@pytest.mark.parametrize("x", [0.01, 0.3, 0.77, 0.999])
def test_closed_forms(x: float) -> None:
    """Beta(1, 1) is uniform; Beta(a, 1) has the distribution function x ** a; Beta(1, b) its mirror."""
    assert beta_cdf(x, 1, 1) == pytest.approx(x)
    assert beta_cdf(x, 7, 1) == pytest.approx(x**7)
    assert beta_cdf(x, 1, 400) == pytest.approx(1 - (1 - x) ** 400)


@pytest.mark.parametrize(("a", "b"), [(0.5, 8.5), (0.5, 500.5), (30.5, 70.5), (3, 0.5)])
@pytest.mark.parametrize("p", [0.025, 0.5, 0.975])
def test_quantiles_invert(a: float, b: float, p: float) -> None:
    """A quantile's distribution function is the probability that was asked for."""
    assert beta_cdf(beta_quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-9)


def test_upper_bound_of_a_share() -> None:
    """The bound of a share that was never seen falls with the number of looks; where all were hits it is 1."""
    bounds = [share_upper(0, n) for n in (5, 50, 500)]
    assert bounds == sorted(bounds, reverse=True)
    assert share_upper(0, 50) == pytest.approx(0.0488, abs=1e-4)
    assert share_upper(4, 4) == share_upper(0, 0) == 1.0
