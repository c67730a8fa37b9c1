"""Unattended runs: timers of systemd, or lines for cron."""
