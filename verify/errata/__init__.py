"""The errata desk: what is wrong, loose or unclear in the documents and in public code, each with its place."""
