"""A firm's money: from its case system into its books, once and to the cent, and back what became of it."""
