"""Decontamination: evaluation items that stand in training documents. Pure; Beam only in jobs.

items     evaluation sets, read and cut into n-grams
ngrams    their index, and where its n-grams stand in documents
overlaps  how much of which item a document holds
"""
