"""Questions that a person or a script asks of a warehouse after a run, and how their answers are shown."""
