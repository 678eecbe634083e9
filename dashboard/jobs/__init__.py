"""The study bar, the jobs drawer and the pulse that keeps them up to date."""
