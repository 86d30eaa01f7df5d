"""The web server that the emulator and the receiver of statuses share. Knows neither of them."""
