"""The Beam jobs. The only place that knows Beam."""
