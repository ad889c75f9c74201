"""Figures of the scorers on labelled data: ``sets`` reads it, ``figures`` measures.

The data is read from a folder that the caller names; nothing of it is part of the project.
"""
