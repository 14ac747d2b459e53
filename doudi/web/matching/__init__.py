"""Which person a department's row is about: the desk for doubtful rows, links and decisions, duplicates."""
