"""A labelled set of personal data and of what only looks like it, made from templates of our own.

``python -m tests.privacy_set`` prints how much of it redaction finds, as the table in docs/privacy.md.
"""
