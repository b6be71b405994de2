"""What this machine is: the system description."""
