"""What a build will cost, before it is begun: a sample is built, the rest follows by arithmetic.

pieces     which pieces of the input are sampled: a frame by subset, drawn by a seed
cutting    a piece of a file as a file of its own
sample     a real build of the pieces in a temporary folder, and what its records say
strata     from pieces to subsets: ratio estimates and their intervals
twins      from duplicates among the pieces to duplicates in the whole
shuffles   rows and row types: what crosses every shuffle
forecast   documents, tokens, core-seconds, disk and memory of a build, of this size or another
places     this computer, a Dataflow job, and with the user's prices money
lines      all of it as rows for people and as JSON
"""
