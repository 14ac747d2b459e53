"""The pages of the cleaning desk: issues, what to do about one, tasks of villages, runs, who changed what."""
