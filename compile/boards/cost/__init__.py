"""The modelled cost of code on a board in a box: counted by a plugin of the emulator, deterministic, no real time."""
