"""Twenty rules of rules/screening in other tools: what bench/rule_engines.py measures doudi against."""
