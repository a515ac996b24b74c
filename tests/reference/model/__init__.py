"""An independent model of Lotveil in plain Python integers: nothing here calls the C code."""
