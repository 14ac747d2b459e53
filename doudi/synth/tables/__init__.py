"""What is true of the county, as tables with the columns of the contracts."""
