"""From a logged model to labelled customers: loading, scoring of files in chunks, drift."""
