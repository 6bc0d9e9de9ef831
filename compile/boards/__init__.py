"""Boards: machines that run what is built here."""
