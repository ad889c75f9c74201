"""Removes secrets and personal data from text, before any copy leaves the proxy process.

Each value is replaced by a placeholder of its kind. The same value gets the same placeholder throughout one sample, so
scorers can still see which values match. If text cannot be redacted, an exception is raised and the caller must not
keep the text.

``key_table`` ``key_table_services``  key formats: kind, pattern, example, source
``prefilter``     one pass of RE2 over a text: which kinds it may contain
``normalised``    the text with its escapes undone, and the way back
``key_formats`` ``named_secrets`` ``secret_values`` ``personal_data``  the exact searches
``engine``        their order, the operator's patterns, and placeholders
``walk``          samples and JSON, text by text
"""

from proxy.redact.engine import Unfit
from proxy.redact.prefilter import Patience, TooMuch
from proxy.redact.redactor import Redactor

__all__ = ["Patience", "Redactor", "TooMuch", "Unfit"]
