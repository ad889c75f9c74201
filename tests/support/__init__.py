"""What the tests share: a scripted provider on a real socket, and real processes with their logs."""
