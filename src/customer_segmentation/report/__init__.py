"""The report: figures and frames in, one self-contained HTML page and one markdown text out."""
