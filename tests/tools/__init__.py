"""Tools of the build that are tested like the rest."""
