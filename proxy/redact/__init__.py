"""Secrets and personal data out of text, before any copy leaves the proxy process.

Each value becomes a placeholder of its kind; the same value gets the same placeholder throughout one sample, so that
scorers still see what matches. What cannot be redacted raises, and whoever asked must not keep it.

``key_table`` ``key_table_services``  forms of keys: kind, pattern, example, source
``prefilter``     one pass of RE2 over a text: which kinds may be there
``normalised``      the text with its escapes undone, and the way back
``key_formats`` ``named_secrets`` ``secret_values`` ``personal_data``  the exact searches
``engine``    their order, the operator's patterns, and placeholders
``walk``      samples and JSON, text by text
"""

from proxy.redact.engine import Unfit
from proxy.redact.prefilter import Patience, TooMuch
from proxy.redact.redactor import Redactor

__all__ = ["Patience", "Redactor", "TooMuch", "Unfit"]
