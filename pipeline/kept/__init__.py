"""Kept documents as every stage after ingest reads them: who is left, with which cuts."""
