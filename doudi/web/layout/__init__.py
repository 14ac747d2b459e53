"""The frame of every page: navigation, form fields, marks and filters that templates share."""
