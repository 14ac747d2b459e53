"""Workbooks that are handed on."""
