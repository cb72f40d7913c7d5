"""What leaves the board over MQTT, and how Home Assistant learns of it."""
