"""What the registry, the work register, social insurance, subsidy lists and visits say of the same person's work."""
