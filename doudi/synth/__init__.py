"""A fictitious county of any size: its sheets with their dirt, its clean Parquet, and the truth about it.

Nobody in it exists: the area code, the phone range and the bank were never given out. `write.write_county` makes
sheets, `snapshots.write_snapshots` Parquet for a million persons, `score.score` compares alerts with the truth.
"""
