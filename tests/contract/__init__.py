"""RAS's documented contract: one test for each sentence of the documentation."""
