"""Files of users: written whole or not at all."""
