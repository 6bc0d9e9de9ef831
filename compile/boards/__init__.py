"""Boards: real ones over the network, and ones in a box, an arm64 userland under an emulator."""
