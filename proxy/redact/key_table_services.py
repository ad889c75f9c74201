"""Rows of the table of keys (``proxy.redact.key_table``): clouds, and services of every kind."""

from __future__ import annotations

from proxy.redact.recogniser import (
    GITHUB,
    ISSUER,
    TRUFFLEHOG,
    UUID,
    A,
    B,
    H,
    Recogniser,
    W,
    hexadecimal,
    letters,
    row,
    short,
)

CLOUDS: tuple[Recogniser, ...] = (
    row("DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", f"{H}{{40,80}}", hexadecimal(64)),
    row("Vault", "hvs. hvb. hvr.", f"{W}{{24,400}}", letters(95)),
    short(
        "[A-Za-z0-9]{24}",
        row(
            "Vault, older",
            "s.",
            f"(?=[A-Za-z]{{0,20}}\\d)(?=[a-z0-9]{{0,20}}[A-Z]){A}{{24}}(?![A-Za-z0-9_.-])",
            letters(24),
        ),
    ),
    row("Terraform", ".atlasv1.", "[A-Za-z0-9_=-]{50,80}", letters(67))._replace(
        before=f"{A}{{14}}", example=letters(14, 2) + ".atlasv1." + letters(67)
    ),
    row(
        "Tailscale",
        "tskey-",
        f"(?:[a-z]{{2,12}}-)?{A}{{8,24}}-{A}{{20,50}}",
        "auth-" + letters(12) + "CNTRL-" + letters(32),
        GITHUB,
    ),
    row("Pulumi", "pul-", f"{H}{{40}}", hexadecimal(40)),
    row("Heroku", "HRKU-", f"{W}{{30,80}}", "AA" + letters(58)),
    row("Fly", "fo1_ fm1r_ fm1a_ fm2_", "[A-Za-z0-9+/_-]{40,2000}={0,3}", letters(43)),
    row(
        "Doppler",
        "dp.pt. dp.ct. dp.st. dp.sa. dp.scim. dp.audit. dp.said.",
        "(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}",
        letters(43),
    ),
    row("1Password service account", "ops_eyJ", "[A-Za-z0-9+/_=-]{60,2000}", letters(250)),
    short(
        "[0-9A-Z]{6}-",
        row(
            "1Password secret key",
            "A3-",
            "[0-9A-Z]{6}-(?:[0-9A-Z]{11}|[0-9A-Z]{6}-[0-9A-Z]{5})(?:-[0-9A-Z]{5}){3}",
            "7KQ2MX-" + letters(11).upper() + "-7AB2C-D3E4F-G5H6J",
        ),
    ),
    row("Supabase", "sbp_ sb_secret_ sb_publishable_", f"(?:v0_)?{W}{{20,80}}", hexadecimal(40), GITHUB),
    row("PlanetScale", "pscale_tkn_ pscale_pw_ pscale_oauth_ pscale_app_", "[A-Za-z0-9_=.-]{30,80}", letters(43)),
    row("Databricks", "dapi", f"{H}{{32}}(?:-\\d)?(?!{A})", hexadecimal(32)),
    row("Databricks, others", "dkea dose", f"{H}{{32}}(?!{A})", hexadecimal(32), TRUFFLEHOG),
    row("Neon", "napi_", f"{A}{{40,80}}", letters(64), GITHUB),
    row("Vercel", "vcp_ vci_ vca_ vcr_ vck_", f"{A}{{24,80}}", letters(56), ISSUER),
    row("Vercel Blob", "vercel_blob_rw_", f"{A}{{10,24}}_{A}{{20,60}}", letters(16) + "_" + letters(30), ISSUER),
    row("Render", "rnd_", f"{A}{{24,60}}", letters(28), ISSUER),
    row("Netlify", "nfp_ nfc_ nfb_ nfo_ nfu_", f"{A}{{36,50}}", letters(36), ISSUER),
    row("Cloudflare", "v1.0-", f"{H}{{24}}-{H}{{100,160}}", hexadecimal(24) + "-" + hexadecimal(146)),
    row("Cloudflare token", "cfut_ cfat_ cfk_", f"{W}{{32,80}}", letters(48), ISSUER),
    row("Alibaba Cloud", "LTAI", f"{A}{{12,30}}(?!{A})", letters(20)),
    row("Tencent Cloud", "AKID", f"{A}{{32}}(?!{A})", letters(32), GITHUB),
    row("Yandex Cloud", "AQVN y0__ t1.", "[A-Za-z0-9_.=-]{35,240}", letters(36)),
    short(
        "[A-Za-z0-9_~.-]{8}",
        row("Azure Entra", "Q~", "[A-Za-z0-9_~.-]{31,34}", letters(34))._replace(
            before="(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[0-9]", example="aB78Q~" + letters(34)
        ),
    ),
    row("Azure AI and other services", "JQQJ9", f"{A}{{20,40}}(?!{A})", "")._replace(
        before=f"(?<!{A}){A}{{40,60}}", example=letters(52) + "JQQJ99" + "BFAC77bzfXJ3w3AAABACOG" + "we7q"
    ),
    row("Azure container registry", "+ACR", f"{A}{{6,10}}(?!{A})", "")._replace(
        before=f"(?<!{A}){B}{{40,44}}", example=letters(42) + "+ACR" + "A1b2C3"
    ),
    row("Azure DevOps", "AZDO", f"{A}{{4,6}}(?!{A})", "")._replace(
        lead="[A-Za-z0-9]{4}", before=f"(?<!{A}){A}{{70,80}}", example=letters(76) + "AZDO" + "4k7Q"
    ),
    row("OpenShift", "sha256~", f"{W}{{43}}", letters(43)),
    row(
        "Dynatrace",
        "dt0c01. dt0s01. dt0s02. dt0s16.",
        f"{A}{{8,24}}\\.{A}{{64}}",
        letters(24).upper() + "." + letters(64).upper(),
    ),
    row(
        "age secret key",
        "AGE-SECRET-KEY-1",
        "[0-9A-Z]{50,70}",
        "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE",
    ),
)

SERVICES: tuple[Recogniser, ...] = (
    row("Shopify", "shpat_ shpca_ shppa_ shpss_ shpua_ shptka_", f"{H}{{30,64}}", hexadecimal(32)),
    row("New Relic", "NRAK- NRII- NRIQ- NRRA- NRSP- NRJS- NRAA- NRBR-", f"{W}{{18,60}}", letters(27).upper()),
    short(
        "",
        row("New Relic licence", "NRAL", f"(?!{A})", "")._replace(
            before=f"(?<!{A}){A}{{20,36}}", example=hexadecimal(36) + "NRAL"
        ),
    ),
    row("Grafana", "glsa_ glc_", "[A-Za-z0-9+/_=-]{32,500}", letters(32) + "_" + hexadecimal(8)),
    row("Grafana, older", "eyJrIjoi", "[A-Za-z0-9+/_-]{40,500}={0,3}", letters(90)),
    row(
        "Sentry",
        "sntrys_ sntryu_ sntrya_ sntryi_",
        "[A-Za-z0-9+/_=-]{40,500}",
        "eyJpYXQiO" + letters(100) + "_" + letters(43),
    ),
    row("Brevo", "xkeysib- xsmtpsib-", f"{H}{{60,70}}(?:-{A}{{12,20}})?", hexadecimal(64) + "-" + letters(16)),
    row(
        "Slack token",
        "xoxa- xoxb- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xoxc- xoxd-",
        "(?=[A-Za-z_-]{0,40}\\d)(?:[A-Za-z0-9._-]|%2[BF]){10,400}",
        "482139057712-" + letters(24),
        ISSUER,
    ),
    row(
        "Slack app token",
        "xapp-",
        f"(?=[A-Za-z_-]{{0,40}}\\d){W}{{10,250}}",
        "1-A0482139057-4821390577123-" + hexadecimal(64),
        ISSUER,
    ),
    row(
        "Slack webhook",
        "hooks.slack.com",
        "/(?:services|workflows|triggers)/[A-Za-z0-9+/_-]{20,120}",
        "/services/T04821390/B0577123456/" + letters(24),
    )._replace(before="(?:https?://[a-z0-9.-]{0,40})?", lead="/[a-z]"),
    row(
        "Teams webhook",
        ".webhook.office.com",
        "/webhookb2/[A-Za-z0-9@/-]{60,300}",
        "/webhookb2/"
        + hexadecimal(8)
        + "-1111-2222-3333-"
        + hexadecimal(12)
        + "@"
        + hexadecimal(8)
        + "-1111-2222-3333-"
        + hexadecimal(12)
        + "/IncomingWebhook/"
        + hexadecimal(32),
    )._replace(before="(?:https?://[a-z0-9.-]{0,40})?", lead="/[a-z]"),
    row(
        "Discord webhook",
        "discord.com discordapp.com",
        f"/api/(?:v\\d{{1,2}}/)?webhooks/\\d{{15,22}}/{W}{{50,100}}",
        "/api/webhooks/482139057712345678/" + letters(68),
        TRUFFLEHOG,
    )._replace(before="(?:https?://[a-z0-9.-]{0,40})?", lead="/[a-z]"),
    row(
        "Stripe",
        "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_ sk_org_",
        f"{A}{{10,250}}",
        letters(24),
    ),
    short(
        "[A-Za-z0-9]{12}",
        row("Secret keys of others", "sk_ pk_ rk_", f"(?={A}{{0,40}}\\d){A}{{16,250}}", hexadecimal(48), ISSUER),
    ),
    row("Webhook secret", "whsec_", "[A-Za-z0-9+/_=-]{20,100}", letters(32), ISSUER),
    short("[0-9A-Fa-f]{12}", row("Twilio", "SK AC", f"{H}{{32}}(?!{A})", hexadecimal(32))),
    row("SendGrid", "SG.", f"{W}{{16,40}}\\.{W}{{16,80}}", letters(22) + "." + letters(43)),
    short("[0-9A-Fa-f]{12}", row("Mailgun", "key- pubkey-", f"{H}{{32}}(?!{A})", hexadecimal(32))),
    short(
        "[0-9]",
        row("Mailchimp", "-us", f"\\d{{1,2}}(?!{A})", "")._replace(
            before=f"(?<!{A}){H}{{32}}", example=hexadecimal(32) + "-us14"
        ),
    ),
    short(
        "[A-Za-z0-9]{8}_",
        row("Resend", "re_", f"{A}{{8}}_{A}{{20,30}}", letters(8) + "_" + letters(24), ISSUER),
    ),
    row("LaunchDarkly", "api- sdk- mob- rel-", UUID, "7b1d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", GITHUB),
    row("Elastic Cloud", "essu_ essa_", "[A-Za-z0-9+/_-]{40,120}={0,2}", letters(60), GITHUB),
    row("PostHog", "phc_ phx_ phs_", f"{A}{{36,60}}", letters(43), GITHUB),
    row("HubSpot", "pat-na1- pat-na2- pat-eu1- pat-ap1-", UUID, "7b1d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", GITHUB),
    row("Square", "sq0atp- sq0csp- sq0idp- EAAA", f"(?={W}{{0,40}}\\d){W}{{22,70}}", letters(22)),
    row("Facebook", "EAAC EAAM EAAB EAAG", f"{A}{{80,300}}", letters(120)),
    row("Dropbox", "sl.u. sl.B sl.A", f"(?={W}{{0,40}}\\d){W}{{100,1400}}", letters(136)),
    short(
        "[0-9]{10}",
        row(
            "Asana",
            "1/ 2/",
            f"\\d{{10,20}}(?:/\\d{{10,20}})?:{H}{{32}}",
            "4821390577123456:" + hexadecimal(32),
            TRUFFLEHOG,
        ),
    ),
    row("Flutterwave", "FLWSECK- FLWSECK_TEST- FLWPUBK- FLWPUBK_TEST-", f"{A}{{12,40}}(?:-X)?", hexadecimal(32) + "-X"),
    row("Shippo", "shippo_live_ shippo_test_", f"{H}{{40}}", hexadecimal(40)),
    row("Duffel", "duffel_test_ duffel_live_", "[A-Za-z0-9_=-]{43}", letters(43)),
    row("Frame.io", "fio-u-", "[A-Za-z0-9_=-]{64}", letters(64)),
    row("EasyPost", "EZAK EZTK", f"{A}{{54}}(?!{A})", letters(54)),
    row("Adobe", "p8e-", f"{A}{{32}}(?!{A})", letters(32)),
    short(
        "",
        row("MaxMind", "_mmk", f"(?!{A})", "")._replace(
            before=f"(?<!{A}){A}{{6}}_{A}{{29}}", example=letters(6) + "_" + letters(29) + "_mmk"
        ),
    ),
    row("Mapbox", "sk.eyJ1 pk.eyJ1 tk.eyJ1", f"{W}{{30,200}}\\.{W}{{20,30}}", letters(70) + "." + letters(22)),
    short("[0-9A-Z]{20}", row("Octopus Deploy", "API-", "[0-9A-Z]{25,32}(?![0-9A-Za-z-])", letters(26).upper())),
    row(
        "Braintree",
        "access_token$production$ access_token$sandbox$",
        f"{A}{{16}}\\${H}{{32}}",
        letters(16).lower() + "$" + hexadecimal(32),
        TRUFFLEHOG,
    ),
    row("Settlemint", "sm_aat_ sm_pat_ sm_sat_", f"{A}{{16,40}}", letters(16)),
    row(
        "Harness",
        "pat. sat.",
        f"{A}{{22}}\\.{H}{{24}}\\.{A}{{20}}(?!{A})",
        f"{letters(22)}.{hexadecimal(24)}.{letters(20)}",
    ),
    row("Infracost", "ico-", f"{A}{{32}}(?!{A})", letters(32)),
    row("LlamaCloud", "llx-", f"{A}{{40,60}}(?!{A})", letters(48), ISSUER),
    row("Nomic", "nk-", f"(?={W}{{0,40}}\\d){W}{{43}}(?!{W})", letters(43), ISSUER),
    row("Friendli", "flp_", f"{A}{{40,60}}(?!{A})", letters(46), ISSUER),
    row("Scalingo", "tk-us-", f"{W}{{48}}", letters(48)),
    row("Snyk", "snyk_uat. snyk_sat.", "[A-Za-z0-9_.-]{40,200}", letters(64), ISSUER),
    row(
        "Plaid", "access-sandbox- access-development- access-production-", UUID, "7b1d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
    ),
    short(
        "[A-Za-z0-9_-]{12}",
        row("Telegram bot", ":AA", f"{W}{{31,35}}(?!{W})", "")._replace(
            before="(?<![0-9])[0-9]{8,12}", example="4821390577:AA" + letters(33), source=TRUFFLEHOG
        ),
    ),
)
