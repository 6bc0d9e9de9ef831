"""Tables made from measurements."""
