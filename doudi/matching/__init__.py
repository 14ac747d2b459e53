"""Which registered person a department's row is about."""
