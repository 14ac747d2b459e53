"""Folders of sheets matched to the registry, decided in a workbook, and looked through for duplicates."""
