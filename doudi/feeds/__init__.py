"""Sheets as departments deliver them: read, cleaned, checked against their column contract, kept as snapshots."""
