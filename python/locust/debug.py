"""`run_single_user`, which files call under `if __name__ == "__main__"`."""


def run_single_user(user_class, *args, **kwargs):
    """Nothing: Mayfly imports the file and does not run it."""
