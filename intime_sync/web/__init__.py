"""What the emulator and the receiver of statuses share as web servers. Knows neither of them."""
