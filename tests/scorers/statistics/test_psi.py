"""PSI with its threshold: false alarms as asked, by simulation, where the rule of thumb raises most of them."""

from __future__ import annotations

import random

import pytest

from scorers.statistics.psi import chi2_quantile, chi2_survival, psi, psi_threshold


@pytest.mark.parametrize(
    ("share", "degrees", "value"),
    [(0.95, 1, 3.8415), (0.99, 4, 13.2767), (0.999, 3, 16.2662), (0.5, 10, 9.3418), (0.9999, 4, 23.5127)],
)
def test_quantiles_of_chi_square(share: float, degrees: int, value: float) -> None:
    """As in the published tables (NIST/SEMATECH e-Handbook, 1.3.6.7.4)."""
    assert chi2_quantile(share, degrees) == pytest.approx(value, abs=2e-4)
    assert chi2_survival(value, degrees) == pytest.approx(1 - share, rel=1e-3)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0])
def test_a_quantile_needs_a_share(share: float) -> None:
    """Nothing at the ends."""
    with pytest.raises(ValueError, match="between 0 and 1"):
        chi2_quantile(share, 2)


def counted(rng: random.Random, n: int, cells: int) -> list[float]:
    counts = [0.0] * cells
    for _ in range(n):
        counts[rng.randrange(cells)] += 1
    return counts


@pytest.mark.parametrize("n", [30, 100, 200])
def test_false_alarms_are_as_asked(n: int) -> None:
    """1 % asked for: between 0.3 and 2 % of 3,000 looks without drift; the rule "above 0.2" has far more at 30."""
    rng, m, cells = random.Random(n), 500, 5
    shares = [1 / cells] * cells
    limit = psi_threshold(n, m, cells, 0.01)
    alarms = crude = 0
    for _ in range(3000):
        base = [count / m for count in counted(rng, m, cells)]
        now = counted(rng, n, cells)
        alarms += psi(now, base, m) > limit
        crude += psi(now, shares, m) > 0.2
    assert 0.003 <= alarms / 3000 <= 0.02
    assert n > 30 or crude / 3000 > 0.1


def test_a_shift_is_seen() -> None:
    """Half of the values in one of five cells: far above the threshold at 100 values."""
    assert psi([50, 20, 10, 10, 10], [0.2] * 5, 500) > 2 * psi_threshold(100, 500, 5, 0.001)


def test_an_empty_cell_is_not_infinitely_far() -> None:
    """Smoothing: neither side's empty cell makes it infinite."""
    assert 0 < psi([0, 100], [0.5, 0.5], 100) < 10
    assert 0 < psi([50, 50], [1.0, 0.0], 100) < 10
    assert psi([10, 10], [0.5, 0.5], 20) == pytest.approx(0.0)
