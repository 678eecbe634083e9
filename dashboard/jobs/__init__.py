"""The study bar, the Jobs view and the pulse that keeps them up to date."""
