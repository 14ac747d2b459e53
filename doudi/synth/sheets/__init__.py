"""True tables into the sheets that offices send: layout, cells, mistakes, files."""
