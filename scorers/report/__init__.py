"""``make score-report``: figures of the scorers on labelled data.

May import: ``datasets``, ``models.train``, the scorers. Nothing of the data is part of the project.

``measure``   the shipped scorers over labelled sets
``held_out``  their heads fitted again without the set that is measured
``ordinary``  false alarms on ordinary traffic, by kind and language
``table``     the published form
"""
