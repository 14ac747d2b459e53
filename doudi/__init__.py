"""doudi (兜底): dynamic monitoring and assistance against falling back into poverty, for a county."""

__version__ = "0.1.0"
