"""Where Beam pipelines run: this computer, Dataflow, portable runners, and what each needs."""
