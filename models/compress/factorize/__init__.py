"""Factorization: a convolution becomes two smaller ones in a row, as near to it as two of their size can be."""
