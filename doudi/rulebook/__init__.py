"""The rulebook: what officials own under `rules/`, read into dated, checked, frozen objects."""
