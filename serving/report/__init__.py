"""One page of HTML that answers a property's questions, and prints as a deck."""
