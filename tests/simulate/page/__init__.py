"""The report, figure by figure and in a browser."""
