"""What did a tokenizer learn? Its tokens as columns, and everything that can be asked of them.

`columns` makes the `Vocabulary` once, in a job; all other files are functions of it. Nothing here needs numba.
"""
