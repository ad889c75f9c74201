"""The table of keys and tokens that have a distinctive format: ``kind, pattern, example, source``.

A row describes how every key of its kind begins (or what it contains) and what follows. The formats are facts,
published by the issuers of the keys or maintained by secret scanners; ``source`` names the origin. The examples were
made for this table and give access to nothing. Secrets that only a name identifies are found by
``proxy.redact.named_secrets``.
"""

from __future__ import annotations

from proxy.redact.key_table_services import CLOUDS, SERVICES
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

_MODELS = (
    short(
        "[A-Za-z0-9_\\n\\r\\\\-]{10}",
        row(
            "OpenAI and others",
            "sk- pk- rk-",
            f"(?={W}{{0,60}}\\d|[A-Za-z]{{20}}){W}{{10,300}}",
            letters(48),
            ISSUER,
        ),
    ),
    row("Groq", "gsk_", f"{A}{{30,120}}", letters(52), TRUFFLEHOG),
    row("Hugging Face", "hf_ api_org_", f"{A}{{30,60}}", letters(34)),
    row("xAI", "xai-", f"(?={W}{{0,60}}\\d){W}{{20,120}}", letters(80), TRUFFLEHOG),
    row("Replicate", "r8_", f"{A}{{30,60}}", letters(37), GITHUB),
    row("Perplexity", "pplx-", f"{A}{{30,80}}", letters(48)),
    row("NVIDIA", "nvapi-", f"(?={W}{{0,60}}\\d){W}{{30,120}}", letters(64), TRUFFLEHOG),
    row("Cerebras", "csk-", f"{A}{{30,80}}", letters(48), ISSUER),
    row("Fireworks", "fw_", f"{A}{{20,80}}", letters(24), GITHUB),
    row("Together", "tgp_v1_", f"{W}{{30,80}}", letters(43), ISSUER),
    row("Google API key", "AIza", f"{W}{{30,60}}", letters(35)),
    row("Google authorization key", "AQ. IQ.", f"(?={W}{{0,40}}\\d){W}{{35,200}}", "Ab8" + letters(47), ISSUER),
    row("Google OAuth token", "ya29.", f"(?:[a-z]\\.)?{W}{{20,1000}}", letters(120), GITHUB),
    row("Google OAuth refresh token", "1//0", f"(?={W}{{0,40}}\\d){W}{{40,160}}", "g" + letters(90), TRUFFLEHOG),
    row("Google OAuth client secret", "GOCSPX-", f"{W}{{20,60}}", letters(28), TRUFFLEHOG),
    row("Google HMAC key id", "GOOG1", "[0-9A-Z]{19,64}", "E" + letters(56).upper(), GITHUB),
    row("Amazon Bedrock, long-lived", "ABSK", f"{B}{{60,300}}={{0,2}}", "QmVkcm9ja0FQSUtleS" + letters(110)),
    row("Amazon Bedrock, short-lived", "bedrock-api-key-", f"{B}{{20,4000}}={{0,2}}", letters(400)),
    row("AWS key id", "AKIA ASIA ABIA ACCA", "[0-9A-Z]{16}(?![0-9A-Za-z])", "7Q2M" + letters(12).upper()),
    row(
        "LangSmith",
        "lsv2_pt_ lsv2_sk_ ls__",
        f"{H}{{30,40}}(?:_{H}{{8,12}})?",
        hexadecimal(32) + "_" + hexadecimal(10),
        GITHUB,
    ),
    row("Langfuse", "sk-lf- pk-lf-", UUID, "7b1d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed", ISSUER),
    row("Pinecone", "pcsk_", f"{A}{{4,10}}_{A}{{40,100}}", letters(6) + "_" + letters(63), TRUFFLEHOG),
    row("e2b", "e2b_ sk_e2b_", f"{H}{{32,64}}", hexadecimal(40), ISSUER),
    row("Tavily", "tvly-", f"(?:dev-|prod-)?(?={W}{{0,40}}\\d){W}{{24,80}}", "dev-" + letters(32), ISSUER),
    short("[0-9A-Fa-f]{12}", row("Firecrawl", "fc-", f"{H}{{32}}(?!{A})", hexadecimal(32), ISSUER)),
    row("Weights and Biases", "wandb_v1_", f"{W}{{30,120}}", letters(77), ISSUER),
    row("Jina", "jina_", f"{W}{{40,90}}", letters(60), TRUFFLEHOG),
    short(
        "[A-Za-z0-9_]{30}",
        row("Voyage", "pa-", f"(?={W}{{0,40}}\\d)(?=[^-]{{30}}){W}{{36,60}}", letters(43), ISSUER),
    ),
    row("RunPod", "rpa_", f"{A}{{36,60}}", letters(44), ISSUER),
    row("Anyscale", "esecret_", f"{A}{{24,80}}", letters(24), ISSUER),
    row("Kaggle", "KGAT_", f"{H}{{32,64}}", hexadecimal(32), ISSUER),
)

_CODE = (
    row("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", f"{A}{{20,255}}", letters(36)),
    row("GitHub fine-grained token", "github_pat_", "[A-Za-z0-9_]{22,255}", letters(22) + "_" + letters(59, 3)),
    row(
        "GitLab token",
        "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glwt-",
        f"{W}{{18,300}}(?:\\.[0-9a-z]{{2}}\\.?[0-9a-z]{{7,9}})?",
        letters(20),
    ),
    row("GitLab runner registration", "GR1348941", f"{W}{{20,60}}", letters(20)),
    row("Atlassian token", "ATATT3 ATCTT3 ATSTT3", "[A-Za-z0-9_=-]{60,300}", "xFfGF0" + letters(170) + "=1A2B3C4D"),
    row("Bitbucket app password", "ATBB", f"{A}{{28,60}}", letters(32), TRUFFLEHOG),
    row("Trello token", "ATTA", f"{H}{{60,76}}", hexadecimal(72), TRUFFLEHOG),
    row("Docker Hub", "dckr_pat_ dckr_oat_", f"{W}{{20,60}}", letters(27), GITHUB),
    row("npm", "npm_", f"{A}{{30,60}}", letters(36)),
    row("PyPI", "pypi-", f"(?={W}{{0,60}}\\d){W}{{40,1000}}", "AgEIcHlwaS5vcmc" + letters(120)),
    row("RubyGems", "rubygems_", f"{H}{{40,64}}", hexadecimal(48)),
    short("[A-Za-z0-9]{32}", row("crates.io", "cio", f"{A}{{32}}(?!{A})", letters(32), GITHUB)),
    short("[a-z0-9]{20}", row("NuGet", "oy2", "[a-z0-9]{43}(?![a-z0-9])", hexadecimal(43), GITHUB)),
    row("Clojars", "CLOJARS_", f"{A}{{50,70}}", letters(60)),
    row("JFrog", "AKCp cmVmd", f"{A}{{55,80}}", letters(69)),
    row("Sourcegraph", "sgp_ sgd_ slk_", f"(?:{H}{{16}}_|local_)?{H}{{40,64}}", hexadecimal(40)),
    row("SonarQube", "squ_ sqp_ sqa_", f"{H}{{40}}", hexadecimal(40)),
    row("CircleCI", "CCIPAT_ CCIPRJ_", f"{A}{{16,30}}_{H}{{40}}", letters(22) + "_" + hexadecimal(40), GITHUB),
    row("Buildkite", "bkua_ bkct_ bkpt_", f"{A}{{36,100}}", hexadecimal(40), GITHUB),
    row("Postman", "PMAK- PMAT-", f"{A}{{20,30}}(?:-{A}{{30,40}})?", hexadecimal(24) + "-" + hexadecimal(34)),
    row("Figma", "figd_ figo_ figoh_ figor_", f"{W}{{30,80}}", letters(40), GITHUB),
    row("Linear", "lin_api_ lin_oauth_ lin_wh_", f"{A}{{30,80}}", letters(40)),
    row("Notion", "ntn_", f"{A}{{40,60}}", "48213905771" + letters(35)),
    row("Notion, older", "secret_", f"{A}{{43}}(?!{A})", letters(43), GITHUB),
    short("[A-Za-z0-9]{14}\\.", row("Airtable", "pat", f"{A}{{14}}\\.{H}{{64}}", letters(14) + "." + hexadecimal(64))),
    row("ReadMe", "rdme_", "[a-z0-9]{60,80}", hexadecimal(70)),
    row("Prefect", "pnu_ pnb_", f"{A}{{36}}", letters(36)),
    row("Typeform", "tfp_", "[A-Za-z0-9_.=-]{40,70}", letters(59)),
    row("Contentful", "CFPAT-", f"{W}{{40,60}}", letters(43), GITHUB),
)

#: Three parts with points between them: JSON web tokens, and what bots of Discord have.
_DOTTED = (
    Recogniser(
        "JSON web token",
        ("eyJ",),
        f"{W}{{8,4000}}\\.{W}{{4,8000}}\\.(?:{W}{{4,2000}}(?:\\.{W}{{4,4000}}\\.{W}{{4,2000}})?)?",
        "eyJ" + letters(30) + ".eyJ" + letters(60) + "." + letters(43),
        "RFC 7519, RFC 7516",
    ),
    Recogniser(
        "Discord bot token",
        (".",),
        f"{W}{{6}}\\.{W}{{25,40}}(?!{W})",
        "MTDgyMTM5MDU3NzEyMzQ1Njc4" + ".Gk7vXz." + letters(38),
        TRUFFLEHOG,
        f"(?<!{W})[MNO]{A}{{22,27}}",
        "[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{25}",
    ),
)

RECOGNISERS: tuple[Recogniser, ...] = (*_MODELS, *_CODE, *CLOUDS, *SERVICES, *_DOTTED)
