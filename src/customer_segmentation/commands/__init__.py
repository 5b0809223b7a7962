"""The Hydra entry points behind ``segment``; the only layer that sees a Hydra config."""
