"""Live speech behind the gateway: one session object for the socket, the command line and runs."""
