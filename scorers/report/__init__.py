"""``make score-report``: figures of the scorers on labelled data.

``sets`` reads a folder that the caller names, ``measure`` runs the shipped scorers over it, ``held_out`` fits their
heads again without the set that is measured, ``figures`` computes, ``table`` writes. Nothing of the data is part of
the project.
"""
