"""The Beam jobs. The only place that knows Beam."""

import logging

# Beam logs about itself, from its import on, and there takes hold of the root logger.
logging.getLogger().addHandler(logging.NullHandler())
logging.getLogger("apache_beam").setLevel(logging.ERROR)
