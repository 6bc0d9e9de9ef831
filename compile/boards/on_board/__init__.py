"""What runs on the board: the server, its sessions, and what a session can be asked for.

Nothing here imports TVM's compiler, ONNX or torch: a board has Python, NumPy and TVM's runtime.
"""
