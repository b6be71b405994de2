"""The reference implementation on the software that was published: a process under Python 3.10.

``stack`` prepares and starts it; ``__main__`` is what runs there, without anything of the kit.
"""
