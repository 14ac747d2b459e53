"""The Django side of doudi: people, permissions, workflow and pages.

Everything below this package is plain Python. One app a kind of work; in an app, `models.py` holds data and invariants,
`services.py` the changes, `queries.py` the reads, `views.py` stays thin.
"""
