"""What a file wants of libraries, known before anything of Locust's is imported."""

# Whether the file, or a module beside it, imports requests: then its exceptions must be those of the real one.
requests = False
