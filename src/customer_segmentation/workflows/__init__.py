"""The verbs: typed settings and a store in, a result out."""
