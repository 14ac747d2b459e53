"""Holds the registry's own data against the checks of `rules/checks` and says what is wrong, why, and what to do."""
