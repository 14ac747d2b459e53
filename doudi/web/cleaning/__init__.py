"""The cleaning desk: what checks find in the registry, who mends it, and what became of every cell (数据清洗)."""
