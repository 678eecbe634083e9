"""The tab Explain of the Student view: which pixels hold the decision, and which method to believe."""
