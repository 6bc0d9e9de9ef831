"""Boards: the server that runs on one, the board in a box, sessions over TVM RPC, the tracker, and the doctor."""
