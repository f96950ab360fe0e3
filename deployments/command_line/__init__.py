"""The command line `casebridge`: firms, runs, reports and the installation itself, for people and for scripts."""
