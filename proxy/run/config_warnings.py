"""Warnings for settings that are valid but probably unintended. Printed by ``check-config`` and at startup."""

from __future__ import annotations

from pathlib import Path

from proxy.config.linear_regex import unfit
from proxy.config.offpath import unlimited
from proxy.config.settings import Settings
from proxy.config.values import host_of, is_link_local, is_loopback, split_address
from proxy.observe.pricing import load_prices


def cautions(settings: Settings) -> list[str]:
    """The warnings, one line each. Each line begins with the path of the key."""
    patterns = [f"redaction.patterns[{number}]: {problem}" for number, problem in unfit(settings.redaction.patterns)]
    return [
        *_open_keys(settings),
        *_unknown_apps(settings),
        *patterns,
        *_upstreams(settings),
        *_unlimited(settings),
        *_without_effect(settings),
    ]


def missing_models(settings: Settings) -> list[str]:
    """Scorers whose model is not on this machine. A worker needs it, the proxy does not."""
    return [
        f"scorers.{name}.model: {own.model}: there is no such folder here, and a worker does not start without it"
        for name, own in settings.scorers.items()
        if own is not None and own.model is not None and not Path(own.model).is_dir()
    ]


def _without_effect(settings: Settings) -> list[str]:
    """Keys that are set, although this version does not use them."""
    return [
        f"scorers.{name}.apps: has no effect in this version; {name} scores the samples of every application"
        for name, scorer in settings.scorers.items()
        if scorer.apps
    ]


def _unlimited(settings: Settings) -> list[str]:
    """Applications whose stability is not measured by itself, since nothing would limit what it costs."""
    prices = {upstream.name: upstream.price for upstream in settings.upstreams}
    apps = settings.stability.apps if settings.stability.share > 0 else ()
    return [
        f"stability.apps[{number}]: {app!r} is only measured by command: set offpath.budget_usd_per_day, which limits "
        "what it may cost"
        for number, app in enumerate(apps)
        if unlimited(settings.offpath, prices, app)
    ]


def _open_keys(settings: Settings) -> list[str]:
    """Keys that anybody can use, and keys that nobody has."""
    listed = list(enumerate(settings.upstreams))
    if settings.clients:
        return [
            f"upstreams[{number}].api_key: none, and the keys of clients never go upstream: a provider that asks for a "
            "key will answer 401"
            for number, upstream in listed
            if upstream.api_key is None
        ]
    if is_loopback(split_address(settings.listen)[0]):
        return []
    return [
        f"listen: EVERYBODY who reaches {settings.listen} spends upstreams[{number}].api_key ({upstream.name}); give "
        "clients keys of ours (clients), or listen on loopback"
        for number, upstream in listed
        if upstream.api_key is not None
    ]


def _unknown_apps(settings: Settings) -> list[str]:
    """Applications used in other settings but not named in ``apps``, so they can never occur."""
    rates = settings.sampling.rate if isinstance(settings.sampling.rate, dict) else {}
    places = [("sampling.rate", name) for name in rates]
    places += [("objectives", objective.app) for objective in settings.objectives]
    places += [("judge.apps", name) for name in (settings.judge.apps if settings.judge else ())]
    places += [(f"scorers.{key}.apps", name) for key, scorer in settings.scorers.items() for name in scorer.apps]
    places += [("evidence.system", name) for name in settings.evidence.system]
    known = {*settings.apps, "*", "other", "default"}
    return [f"{path}: {name!r} is not among apps" for path, name in places if name not in known]


def unpriced_candidates(settings: Settings) -> list[str]:
    """Candidates without a price: nothing is asked of them. Raises ``ConfigError`` for a broken price file."""
    upstreams = {upstream.name: upstream for upstream in settings.upstreams}
    named = [(n, own.candidate.upstream, own.candidate.model) for n, own in enumerate(settings.experiments)]
    wanted = [(n, upstreams[name], model) for n, name, model in named if name in upstreams and model is not None]
    wanted = [item for item in wanted if item[1].price is None]
    prices = load_prices(settings.prices, settings.upstreams) if wanted else None
    return [
        f"experiments[{number}].candidate: no price is known for {model!r}, so it is not asked; "
        f"set upstreams[].price of {upstream.name} (0 is a price)"
        for number, upstream, model in wanted
        if prices is not None and prices.price(model, host_of(upstream.base_url)) is None
    ]


def _upstreams(settings: Settings) -> list[str]:
    """Addresses that are never connected to, and keys that include the quotation marks around them."""
    found = []
    for number, upstream in enumerate(settings.upstreams):
        if is_link_local(upstream.base_url):
            found.append(f"upstreams[{number}].base_url: link-local and metadata addresses are never connected to")
        key = upstream.api_key.get_secret_value() if upstream.api_key else ""
        if key[:1] in ("'", '"') and key[-1:] == key[:1]:
            found.append(f"upstreams[{number}].api_key: the quotation marks around it are sent as a part of it")
    return found
