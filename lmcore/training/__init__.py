"""How is a model trained so that no run is lost? Settings, run folders, data, the loop and its worker.

Nothing is imported here: what reads run folders works without torch, what trains needs it.
"""
