"""Trained heads: one data file and one model card each; how they were fitted is in ``train``.

May import: ``reading``, ``datasets``, ``score``. At run time only the data files are read.
"""
