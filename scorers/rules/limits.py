"""The numbers that alerts fire at. Dashboards draw their thresholds from here, so that a line is where the alert is."""

from __future__ import annotations

#: Nothing is decided on fewer samples.
LEAST = 30
#: Share of an upstream's requests that fail, over 10 minutes and over an hour.
UPSTREAM_FAILING, UPSTREAM_FAILING_LONG = 0.25, 0.1
#: Share of an upstream's requests that are refused for rate limits (429), over 10 minutes and over an hour.
RATE_LIMITED, RATE_LIMITED_LONG = 0.5, 0.1
#: Lower end of the interval of the share of answers that leak the system prompt, and the least number of them.
LEAKED, LEAST_LEAKED = 0.01, 3
#: Share of requests whose sample was dropped.
DROPPED = 0.01
#: Age of the oldest sample that a scorer has not finished, in seconds.
BEHIND_SECONDS = 900
#: Share of samples on which a scorer failed.
SCORER_FAILING = 0.1
#: Agreement of the judge with known answers (Cohen's kappa; below 0.6 is less than substantial, Landis and Koch 1977).
KAPPA = 0.6
#: Time left of a model that is in use, in seconds: 30 days.
SHUTDOWN_SECONDS = 30 * 86400
#: Seconds since drift was last evaluated, while samples arrive.
EVALUATION_SECONDS = 600
