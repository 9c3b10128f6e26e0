"""The evidence: measured crashes, what the model says of each, and what the naive guess says.

``measured`` reads the figures, each case predicts its own, ``records`` compares, ``evidence`` runs them all.
"""
