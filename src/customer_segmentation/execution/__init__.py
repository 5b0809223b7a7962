"""Where studies run: this process, several processes, a cluster."""
