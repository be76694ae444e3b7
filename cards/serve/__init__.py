"""A local server to browse a card: pages made on the server, without script or build step.

Routes are functions from a request to a response; no path of a URL reaches the file system.
"""
