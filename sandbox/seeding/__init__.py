"""What the sandbox's firms consist of before any vendor sees them: people, practice areas, matters, their troubles."""
