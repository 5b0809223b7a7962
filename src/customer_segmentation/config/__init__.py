"""Words and files to typed settings; with the commands the only layer that sees Hydra."""
