"""The form for a new study: an image set, a teacher, and what both will take."""
