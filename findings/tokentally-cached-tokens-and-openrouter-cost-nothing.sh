#!/usr/bin/env bash
# tokentally 0.1.1 (npm; "token usage in, dollar totals out") beside @openrouter/sdk 1.3.19 (OpenRouter's own client,
# for its schema alone), Node 20 or newer. Usage as the providers send it: one call each with 20000 tokens of input, of
# which Anthropic's and Gemini's have 18000 from a cache, and 1000 of output. All are charged by one price. Nothing is
# sent.
#
# Behaviour: fetchOpenRouterPricingMap takes the prices of OpenRouter's list that are numbers. They are texts, by the
# schema of OpenRouter's client, which does not take numbers; so the map is empty, every model is without a price, and
# nothing is said. (Its comment has the prices for a million tokens; they are for one, so that numbers would be a
# million times too small.) normalizeTokenUsage is for the "common provider payloads". It counts what stands in two
# members. Anthropic has what came from the cache and what was written to it beside the input, and none of these tokens
# are counted or charged. Gemini's usage it does not know at all and says null, and tallyCosts takes a call of null for
# one that used nothing: with a cost of 0, not without one. A model without a price is left out of the total, which
# does not show it.
# Consequence: a bill of next to nothing for the agents that cache most of what they send.
#
# Seen (tokens of input and output, cost in USD):
#   OpenAI: 20000 1000 0.0750
#   Anthropic: 2000 1000 0.0210
#   Gemini: 0 0 0.0000
#   a model without a price beside OpenAI's: total 0.0750
#   OpenRouter's list: taken by its client true, prices in tokentally's map 0
#   the same list with numbers: taken by its client false, prices in tokentally's map 1, 20000 tokens 0.00000006000
#
# Exits non-zero when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts tokentally@0.1.1 @openrouter/sdk@1.3.19 >/dev/null 2>&1
cat >cost.mjs <<'JS'
import { PublicPricing$inboundSchema as schema } from "@openrouter/sdk/models/publicpricing.js";
import * as tokentally from "tokentally";
import { fetchOpenRouterPricingMap } from "tokentally/node";

const { estimateUsdCost, normalizeTokenUsage, pricingFromUsdPerMillion, resolvePricingFromMap } = tokentally;
const pricing = pricingFromUsdPerMillion({ inputUsdPerMillion: 3, outputUsdPerMillion: 15 });
const resolvePricing = (model) => (model === "new" ? null : pricing);
const cached = { cache_read_input_tokens: 18000, cache_creation_input_tokens: 0 };
const raw = {
  OpenAI: { prompt_tokens: 20000, completion_tokens: 1000, total_tokens: 21000 },
  Anthropic: { input_tokens: 2000, output_tokens: 1000, ...cached },
  Gemini: { promptTokenCount: 20000, cachedContentTokenCount: 18000, candidatesTokenCount: 1000 },
};
for (const [provider, usage] of Object.entries(raw)) {
  const calls = [{ model: "m", usage: normalizeTokenUsage(usage) }];
  const { total, byModel } = await tokentally.tallyCosts({ calls, resolvePricing });
  const { inputTokens, outputTokens } = byModel.m.usage;
  console.log(`${provider}: ${inputTokens} ${outputTokens} ${total.totalUsd.toFixed(4)}`);
}
const usage = normalizeTokenUsage(raw.OpenAI);
const both = await tokentally.tallyCosts({ calls: [{ model: "m", usage }, { model: "new", usage }], resolvePricing });
console.log(`a model without a price beside OpenAI's: total ${both.total.totalUsd.toFixed(4)}`);

async function list(name, prices) {
  const data = [{ id: "tide/one", pricing: prices }];
  const fetchImpl = async () => new Response(JSON.stringify({ data }));
  const map = await fetchOpenRouterPricingMap({ apiKey: name, fetchImpl });
  const found = resolvePricingFromMap(map, "tide/one");
  const cost = estimateUsdCost({ usage: { inputTokens: 20000, outputTokens: 0 }, pricing: found });
  const shown = cost ? `, 20000 tokens ${cost.totalUsd.toFixed(11)}` : "";
  const taken = schema.safeParse(prices).success;
  console.log(`${name}: taken by its client ${taken}, prices in tokentally's map ${Object.keys(map).length}${shown}`);
}
await list("OpenRouter's list", { prompt: "0.000003", completion: "0.000015" });
await list("the same list with numbers", { prompt: 0.000003, completion: 0.000015 });
JS
node cost.mjs 2>err | tee out || { tail -5 err; exit 1; }
diff out - <<'SEEN'
OpenAI: 20000 1000 0.0750
Anthropic: 2000 1000 0.0210
Gemini: 0 0 0.0000
a model without a price beside OpenAI's: total 0.0750
OpenRouter's list: taken by its client true, prices in tokentally's map 0
the same list with numbers: taken by its client false, prices in tokentally's map 1, 20000 tokens 0.00000006000
SEEN
