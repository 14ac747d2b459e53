"""The made-up county itself: places, families, work, incomes, houses, enrolment; `whole` draws it all."""
