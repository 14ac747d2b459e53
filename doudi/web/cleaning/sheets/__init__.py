"""Data cleaning away from the screen: workbooks to fill in, printed comparison sheets, exports, the share of clean."""
