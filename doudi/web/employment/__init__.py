"""Employment data compared: figures, persons whose sources contradict each other, values taken over."""
