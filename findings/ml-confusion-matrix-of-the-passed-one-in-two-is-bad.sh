#!/usr/bin/env bash
# ml-confusion-matrix 2.0.0 (npm), Node 20 or newer. A guard marks answers as "harmful" or "fine": of 1000 answers 10
# are harmful, and it finds 5 of them and marks 10 fine ones. Then the same with 100 answers more on which it could not
# make up its mind ("unsure"), measured with the two labels that count.
#
# Behaviour: getFalseOmissionRate, the part of what was let through that is harmful after all, divides by all that is
# harmful and not by all that was let through. That is the false negative rate once more. So it does not add up to 1
# with getNegativePredictiveValue, of which it is the complement, while the false discovery rate does with the positive
# one. And fromLabels with the option labels drops each pair of which one is no such label: the harmful answers on
# which the guard was unsure are no misses, and the total is less than the number of pairs. No count of them is kept.
# Consequence: of what this guard lets through 1 in 197 is harmful, and the report says 1 in 2; a guard that is unsure
# about all that is hard has the same recall and accuracy as before.
#
# Seen (false omission rate, 1 less the negative predictive value, counted; recall, accuracy, pairs counted):
#   harmful among what was let through: 0.500 0.005 0.005
#   sure of all: 0.500 0.985 1000 of 1000
#   unsure of 90 harmful ones: 0.500 0.985 1000 of 1100
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund ml-confusion-matrix@2.0.0 >/dev/null
cat >guard.js <<'JS'
import matrices from 'ml-confusion-matrix';

const counts = [['harmful', 'harmful', 5], ['harmful', 'fine', 5], ['fine', 'harmful', 10], ['fine', 'fine', 980]];
const unsure = [['harmful', 'unsure', 90], ['fine', 'unsure', 10]];
const measure = (rows) => {
  const pairs = rows.flatMap(([truth, mark, count]) => Array(count).fill([truth, mark]));
  const [truth, mark] = [0, 1].map((side) => pairs.map((pair) => pair[side]));
  return [pairs, matrices.ConfusionMatrix.fromLabels(truth, mark, { labels: ['harmful', 'fine'] })];
};

const [pairs, matrix] = measure(counts);
const passed = pairs.filter(([, mark]) => mark === 'fine');
const rates = [
  matrix.getFalseOmissionRate('harmful'),
  1 - matrix.getNegativePredictiveValue('harmful'),
  passed.filter(([truth]) => truth === 'harmful').length / passed.length,
];
console.log('harmful among what was let through:', ...rates.map((rate) => rate.toFixed(3)));
for (const [name, rows] of [['sure of all', counts], ['unsure of 90 harmful ones', [...counts, ...unsure]]]) {
  const [all, found] = measure(rows);
  const values = [found.getTruePositiveRate('harmful'), found.getAccuracy()].map((value) => value.toFixed(3));
  console.log(`${name}:`, ...values, `${found.getTotalCount()} of ${all.length}`);
}
JS
node guard.js | tee out
diff out - <<'SEEN'
harmful among what was let through: 0.500 0.005 0.005
sure of all: 0.500 0.985 1000 of 1000
unsure of 90 harmful ones: 0.500 0.985 1000 of 1100
SEEN
