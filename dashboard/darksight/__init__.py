"""The DarkSight view: a map on which a simple student mimics the teacher, and what it is good for."""
