"""Settings: `base` is what a county runs, `testing` is what the tests run. Both read the same environment variables."""
