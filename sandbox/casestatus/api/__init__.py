"""The portal's HTTP routes: thin functions from a call to an answer."""
