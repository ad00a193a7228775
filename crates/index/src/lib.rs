//! Vectors, BM25 and payload filters behind one contract.
