"""Cells written down wrongly on purpose: for each check of the registry's data a way in which it comes to be raised."""
