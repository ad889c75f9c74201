#!/usr/bin/env bash
# glicko2 2.1.0 (PyPI; Glicko-2 ratings, "Updated for Feb 22, 2012 revision" by its source). What Glicko-2 adds to
# Glicko is the volatility: it rises when results contradict the rating. In Glickman's paper ("Example of the Glicko-2
# system", step 5) it is computed from the deviation of the player. Glicko-2 knows differences of ratings only, so a
# scale that begins elsewhere gives the same volatility.
#
# Behaviour: the function of step 5 takes the square of the rating where the paper has the square of the deviation. So
# the volatility depends on how far the rating is from 1500. The example of the paper comes out right, as its player is
# at 1500, where the two hardly differ with so few games. A model at 1500 that loses 30 games to one that is 400 points
# weaker becomes far more volatile than by the paper; the same model at 1900 or 2500 stays at 0.0600 whatever happens.
# Consequence: in an arena whose leaders stand above 1700 nobody becomes volatile: a model that was changed behind its
# name moves as slowly as before, and the deviation that is shown is that of Glicko. Add 500 points to all, and figures
# that should only move along change.
#
# Seen (change of the rating, deviation, volatility):
#   paper's example at 1500: glicko2 1464.1 151.5 0.0600, by the paper 1464.1 151.5 0.0600
#   lost 30 at 1500: glicko2 -661.3 65.4 0.0785, by the paper -657.5 65.2 0.0650
#   lost 30 at 1600: glicko2 -657.0 65.2 0.0633, by the paper -657.5 65.2 0.0650
#   lost 30 at 1700: glicko2 -656.4 65.1 0.0605, by the paper -657.5 65.2 0.0650
#   lost 30 at 1900: glicko2 -656.2 65.1 0.0600, by the paper -657.5 65.2 0.0650
#   lost 30 at 2500: glicko2 -656.2 65.1 0.0600, by the paper -657.5 65.2 0.0650
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-compile glicko2==2.1.0
cat > run.py <<'PYTHON'
import math

import glicko2

SCALE, TAU = 173.7178, 0.5  # glicko2's constant is .5, too


def by_the_paper(rating, deviation, volatility, games):
    """One period: rating, deviation, volatility. The root of step 5 is found by halving."""
    mu, phi = (rating - 1500) / SCALE, deviation / SCALE
    weight = lambda other: 1 / math.sqrt(1 + 3 * other**2 / math.pi**2)
    rows = []
    for other, spread, result in games:
        g = weight(spread / SCALE)
        rows.append((g, 1 / (1 + math.exp(-g * (mu - (other - 1500) / SCALE))), result))
    variance = 1 / sum(g * g * chance * (1 - chance) for g, chance, _ in rows)
    surplus = sum(g * (result - chance) for g, chance, result in rows)
    start = math.log(volatility**2)

    def falls(x):
        spread = phi**2 + variance + math.exp(x)
        return math.exp(x) * ((variance * surplus) ** 2 - spread) / (2 * spread**2) - (x - start) / TAU**2

    low = high = start
    while falls(low) < 0:
        low -= TAU
    while falls(high) > 0:
        high += TAU
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if falls(middle) > 0 else (low, middle)
    new = math.exp(low / 2)
    phi = 1 / math.sqrt(1 / (phi**2 + new**2) + 1 / variance)
    return (mu + phi**2 * surplus) * SCALE + 1500, phi * SCALE, new


def by_glicko2(rating, deviation, volatility, games):
    player = glicko2.Player(rating, deviation, volatility)
    player.update_player(*map(list, zip(*games)))
    return player.rating, player.rd, player.vol


def told(way, base, rating, deviation, volatility, games):
    found = way(rating, deviation, volatility, games)
    return f"{found[0] - base:.1f} {found[1]:.1f} {found[2]:.4f}"


example = (1500, 200, 0.06, [(1400, 30, 1), (1550, 100, 0), (1700, 300, 0)])
print(f"paper's example at 1500: glicko2 {told(by_glicko2, 0, *example)}, by the paper {told(by_the_paper, 0, *example)}")
for base in (1500, 1600, 1700, 1900, 2500):
    lost = (base, 80, 0.06, [(base - 400, 50, 0)] * 30)
    print(f"lost 30 at {base}: glicko2 {told(by_glicko2, base, *lost)}, by the paper {told(by_the_paper, base, *lost)}")
PYTHON
venv/bin/python run.py > seen.txt
cat seen.txt
cat > expected.txt <<'TEXT'
paper's example at 1500: glicko2 1464.1 151.5 0.0600, by the paper 1464.1 151.5 0.0600
lost 30 at 1500: glicko2 -661.3 65.4 0.0785, by the paper -657.5 65.2 0.0650
lost 30 at 1600: glicko2 -657.0 65.2 0.0633, by the paper -657.5 65.2 0.0650
lost 30 at 1700: glicko2 -656.4 65.1 0.0605, by the paper -657.5 65.2 0.0650
lost 30 at 1900: glicko2 -656.2 65.1 0.0600, by the paper -657.5 65.2 0.0650
lost 30 at 2500: glicko2 -656.2 65.1 0.0600, by the paper -657.5 65.2 0.0650
TEXT
diff expected.txt seen.txt
