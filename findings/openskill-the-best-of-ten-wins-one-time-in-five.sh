#!/usr/bin/env bash
# openskill 6.2.0 (ratings from matches of two or more, as arenas make them that let people rank several answers),
# Python 3.11 or newer. One model is far better than all others (mu 40 against 10, sigma 1); predict_win says with
# which probability each wins.
#
# Behaviour: against one rival the strong model wins for certain. With more rivals predict_win adds up the chances
# against each of them and divides by the number of all pairs. That is the share of the pairs that a model wins, not
# the chance of winning the match, and it is at most 2 / n: 0.667 among three, 0.2 among ten, however large the
# distance. The numbers add up to 1 and are right when all are equal, so that they look like probabilities.
# predict_rank gives the same ones. All models of the package do it. Who must beat nine rivals loses at most with the
# sum of the nine chances to lose, and these are by the package itself 4e-07 each.
# Consequence: forecasts of which model wins a comparison of several are compared with what happened and look badly
# calibrated, though the ratings are right; a Brier score for them punishes the clearest leads most.
#
# Seen (models in the match: Plackett-Luce, Bradley-Terry, Thurstone-Mosteller; at least, from the odds in pairs):
#   2: 1.0 1.0 1.0; 1.0
#   3: 0.667 0.667 0.667; 1.0
#   5: 0.4 0.4 0.4; 1.0
#   10: 0.2 0.2 0.2; 1.0
#   10, by predict_rank: 0.2
#   10 equal ones: 0.1
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile openskill==6.2.0 2>/dev/null
cat >"$folder/win.py" <<'PY'
from openskill.models import BradleyTerryFull, PlackettLuce, ThurstoneMostellerFull


def match(model, size, mu):
    return [[model.rating(mu=mu, sigma=1)]] + [[model.rating(mu=10, sigma=1)] for _ in range(size - 1)]


for size in (2, 3, 5, 10):
    chances = []
    for kind in (PlackettLuce, BradleyTerryFull, ThurstoneMostellerFull):
        chances.append(round(kind().predict_win(match(kind(), size, 40))[0], 3))
    model = PlackettLuce()
    to_lose = model.predict_win(match(model, 2, 40))[1]
    print(f"{size}:", f"{' '.join(map(str, chances))};", round(1 - (size - 1) * to_lose, 3))
model = PlackettLuce()
print("10, by predict_rank:", round(model.predict_rank(match(model, 10, 40))[0][1], 3))
print("10 equal ones:", round(model.predict_win(match(model, 10, 10))[0], 3))
PY
"$folder/venv/bin/python" "$folder/win.py" 2>"$folder/err" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
2: 1.0 1.0 1.0; 1.0
3: 0.667 0.667 0.667; 1.0
5: 0.4 0.4 0.4; 1.0
10: 0.2 0.2 0.2; 1.0
10, by predict_rank: 0.2
10 equal ones: 0.1
SEEN
