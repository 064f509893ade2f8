"""The simulator: invented events, retold by agencies with the noise that real sources show, and the truth beside them.

Every event, person and reference here is made up.
"""
