"""Candidates and studies: fits over k, their scores, and how far their structure is to be believed."""
