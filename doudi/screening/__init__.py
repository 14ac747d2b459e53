"""Screening: facts and rules over the registry and the departments' snapshots, and the reason for every alert.

`run.screen` does it, `explain.explain` says for one household what every rule found, `report.write_alerts` writes the
workbook, `cases.run_cases` holds the rules to their own examples.
"""
