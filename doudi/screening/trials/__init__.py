"""What would be, and what would have been: what-if and look-back."""
