"""Rows too many for memory: files of them, their order, sorting, shuffles in passes."""
