#!/usr/bin/env bash
# gpt-tokenizer 4.0.0 (npm; counts tokens and estimates costs) beside the list of tokenlens 1.3.1, Node 20 or newer.
#
# Behaviour: estimateCost of gpt-4o, gpt-4.1 and gpt-5 charges 10 and 30 USD for a million tokens of input and output, which
# was the price of gpt-4-turbo, and that of o3 charges what o1 did. The built-in data of each of these models says so, and
# the example of the documentation is gpt-4o. So its costs of input are four, five and eight times too high, and in
# comparisons a newer model looks as dear as the one that it replaced. Models without a price in the data (gpt-4o-mini,
# gpt-5-mini) raise an error, so that the ones with a wrong price look as if they were checked. Version 3.4.0 has the same
# prices.
#
# OpenAI's list had 2.50 and 10 for gpt-4o, 2 and 8 for gpt-4.1, 1.25 and 10 for gpt-5, 2 and 8 for o3, as tokenlens has.
#
# Seen (USD for a million tokens of input / output):
#   gpt-4-turbo: gpt-tokenizer 10/30, tokenlens 10/30
#   gpt-4o: gpt-tokenizer 10/30, tokenlens 2.5/10
#   gpt-4.1: gpt-tokenizer 10/30, tokenlens 2/8
#   gpt-5: gpt-tokenizer 10/30, tokenlens 1.25/10
#   o1: gpt-tokenizer 15/60, tokenlens 15/60
#   o3: gpt-tokenizer 15/60, tokenlens 2/8
#   gpt-4o-mini: gpt-tokenizer Error, tokenlens 0.15/0.6
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true, "type": "module"}' >package.json
npm install --silent --no-audit --no-fund gpt-tokenizer@4.0.0 tokenlens@1.3.1 >/dev/null
cat >price.js <<'JS'
import { resolveModel } from 'tokenlens';

for (const model of ['gpt-4-turbo', 'gpt-4o', 'gpt-4.1', 'gpt-5', 'o1', 'o3', 'gpt-4o-mini']) {
  const { estimateCost } = await import(`gpt-tokenizer/model/${model}`);
  let told;
  try {
    const { main } = estimateCost(1_000_000);
    told = `${main.input}/${main.output}`;
  } catch (error) {
    told = error.name;
  }
  const { pricing } = resolveModel(`openai:${model}`);
  console.log(`${model}: gpt-tokenizer ${told}, tokenlens ${pricing.inputPerMTokens}/${pricing.outputPerMTokens}`);
}
JS
node price.js 2>/dev/null | tee out
diff out - <<'SEEN'
gpt-4-turbo: gpt-tokenizer 10/30, tokenlens 10/30
gpt-4o: gpt-tokenizer 10/30, tokenlens 2.5/10
gpt-4.1: gpt-tokenizer 10/30, tokenlens 2/8
gpt-5: gpt-tokenizer 10/30, tokenlens 1.25/10
o1: gpt-tokenizer 15/60, tokenlens 15/60
o3: gpt-tokenizer 15/60, tokenlens 2/8
gpt-4o-mini: gpt-tokenizer Error, tokenlens 0.15/0.6
SEEN
