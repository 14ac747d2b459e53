"""A screening upon an earlier one: what changed, and what only the passing of days moved."""
