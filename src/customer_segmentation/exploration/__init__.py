"""What the customer table shows before any segmentation: description, correlations, hypotheses, outliers."""
