#!/usr/bin/env bash
# krippendorff 0.1.0 from npm (Krippendorff's alpha), Node 20 or newer. Three judges give ten answers a yes or a no, a
# row for each judge. One of them stopped after four answers, so its row is shorter, as in the example of the README.
#
# Behaviour: the answers are counted along the first row. Where the short row comes first the other six answers are not
# looked at, in the observed nor in the expected disagreement, and the two judges who disagree on each of them agree
# perfectly. With the rows in another order, or with the short row filled up with undefined, they count. And a
# judgement that is missing may only be undefined: JSON has no such value, so that a file of judgements says null,
# which is a rating like yes and no here. Two judges who both left out an answer agree on it.
# Consequence: sorting the judges by name changes the agreement from perfect to that of chance, and leaving out the
# hard answers raises it.
#
# Seen (alpha):
#   the short row last: 0.042
#   the short row first: 1.000
#   the short row first and filled up: 0.042
#   three answers left out by both: 0.389
#   the same read from JSON: 0.571
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund krippendorff@0.1.0 >/dev/null
cat >agree.js <<'JS'
import krippendorff from 'krippendorff';

const show = (name, rows) => console.log(`${name}: ${krippendorff.alpha(rows).toFixed(3)}`);
const row = (text) => text.split('').map((mark) => ({ y: 'yes', n: 'no' })[mark]);

const first = row('yynnyyynnn');
const second = row('yynnnnnyyy');
const short = row('yynn');
show('the short row last', [first, second, short]);
show('the short row first', [short, first, second]);
show('the short row first and filled up', [[...short, ...Array(6)], first, second]);

const one = row('yynn-yn---');
const other = row('yynnyny---');
show('three answers left out by both', [one, other]);
show('the same read from JSON', JSON.parse(JSON.stringify([one, other])));
JS
node agree.js | tee out
diff out - <<'SEEN'
the short row last: 0.042
the short row first: 1.000
the short row first and filled up: 0.042
three answers left out by both: 0.389
the same read from JSON: 0.571
SEEN
