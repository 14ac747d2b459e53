"""What runs a plan: DuckDB in process, Spark on a cluster."""
