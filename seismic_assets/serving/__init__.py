"""The HTTP service in front of a model.

Nothing is imported here: the command line looks at the errors of this package without paying for a web framework.
"""
