#!/usr/bin/env bash
# evalica 0.4.2 (rankings of models from comparisons in pairs, as leaderboards and judges make them) with numpy 2.4.6
# and pandas 2.3.3, Python 3.11 or newer. Three models; each pair met ten times, and the better one won nine.
#
# Behaviour: eigen() gives the highest score to the model that loses most, and its result is sorted from that one down.
# All other methods of the package (counting, elo, bradley_terry, newman, pagerank) put the winner first. The README
# refers to Bonacich's paper on power and centrality, whose score grows with what one has won against strong opponents:
# that is the first eigenvector of the matrix of wins. The package takes that of its transpose, the matrix of losses.
# The compiled and the Python version (solver "naive") share it, so that they confirm each other. With every winner
# turned around the method gives the ranking that one asks for. Versions 0.3.2 and 0.4.1 do the same.
# Consequence: a leaderboard by this method recommends the worst model, and nothing but a look at the wins tells.
#
# Seen:
#   counting:            a 18.0, b 10.0, c 2.0
#   bradley_terry:       a 5.124, b 1.0, c 0.195
#   pagerank:            a 0.413, b 0.333, c 0.254
#   eigen:               c 0.882, b 0.424, a 0.204
#   eigen, naive:        c 0.882, b 0.424, a 0.204
#   by numpy, wins:      a 0.882, b 0.424, c 0.204
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check evalica==0.4.2 numpy==2.4.6 pandas==2.3.3 2>/dev/null
cat >"$folder/rank.py" <<'PY'
import evalica
import numpy as np
from evalica import Winner

names = "abc"
xs, ys, winners = [], [], []
for better, worse in (("a", "b"), ("b", "c"), ("a", "c")):
    xs += [better] * 10
    ys += [worse] * 10
    winners += [Winner.X] * 9 + [Winner.Y]


def show(name, scores):
    print(f"{name + ':':20} " + ", ".join(f"{model} {round(float(score), 3)}" for model, score in scores))


show("counting", evalica.counting(xs, ys, winners).scores.items())
show("bradley_terry", evalica.bradley_terry(xs, ys, winners).scores.items())
show("pagerank", evalica.pagerank(xs, ys, winners).scores.items())
show("eigen", evalica.eigen(xs, ys, winners).scores.items())
show("eigen, naive", evalica.eigen(xs, ys, winners, solver="naive").scores.items())

wins = np.zeros((3, 3))
for x, y, winner in zip(xs, ys, winners, strict=True):
    won, lost = (x, y) if winner is Winner.X else (y, x)
    wins[names.index(won), names.index(lost)] += 1
values, vectors = np.linalg.eig(wins)
score = np.abs(np.real(vectors[:, np.argmax(np.real(values))]))
show("by numpy, wins", sorted(zip(names, score, strict=True), key=lambda pair: -pair[1]))
PY
"$folder/venv/bin/python" "$folder/rank.py" 2>/dev/null | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
counting:            a 18.0, b 10.0, c 2.0
bradley_terry:       a 5.124, b 1.0, c 0.195
pagerank:            a 0.413, b 0.333, c 0.254
eigen:               c 0.882, b 0.424, a 0.204
eigen, naive:        c 0.882, b 0.424, a 0.204
by numpy, wins:      a 0.882, b 0.424, c 0.204
SEEN
