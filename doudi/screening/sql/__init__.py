"""What a screening asks, as SQL in the portable part of DuckDB's dialect: facts, rules, policies, regions, words."""
