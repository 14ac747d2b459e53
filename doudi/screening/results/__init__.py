"""What a screening found: kept in a folder, read again, explained, judged again."""
