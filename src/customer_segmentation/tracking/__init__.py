"""From typed items to MLflow, and back: the only layer that speaks to a tracking store."""
