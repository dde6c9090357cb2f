"""Are two expressions equal: read from text, evaluated in ball arithmetic, told apart or proved."""
