"""Assistance policies: who is entitled to what, who lacks it, who has it wrongly (缺什么补什么)."""
